/** addPassword and removePassword, of applications and of service principals: the same rules for both. */
import { newSecret, passwordCredential } from '../credentials.ts'
import type { PasswordCredential } from '../directory.ts'
import { type Answer, json } from '../http/exchange.ts'
import { assertLifetime } from './app-policy.ts'
import { findManaged } from './applications.ts'
import { type GraphContext, isObject, type Json, readJson } from './context.ts'
import { badRequest, GraphError, noSuchCredential } from './errors.ts'
import { findManagedPrincipal } from './service-principals.ts'

const DAY = 24 * 60 * 60 * 1000

/** Two years, where the caller does not say. */
const SECRET_LIFE = 2 * 365 * DAY

interface Holder {
  readonly passwordCredentials: readonly PasswordCredential[]
  put(passwordCredentials: readonly PasswordCredential[]): void
}

/** Finds what the address names, for who may change it. @throws GraphError 403, 404 */
type Find = (context: GraphContext) => Holder

const application: Find = (context) => {
  const present = findManaged(context)
  const { passwordCredentials } = present
  const { applications } = context.directory
  return { passwordCredentials, put: (next) => applications.put({ ...present, passwordCredentials: next }) }
}

const principal: Find = (context) => {
  const present = findManagedPrincipal(context)
  const { passwordCredentials = [] } = present
  const { servicePrincipals } = context.directory
  return {
    passwordCredentials,
    put: (next) => servicePrincipals.put({ ...present, passwordCredentials: next }),
  }
}

function callsOn(find: Find) {
  return {
    /** The only answer that ever shows a secret. */
    async add(context: GraphContext): Promise<Answer> {
      find(context)
      const { passwordCredential: asked = {} } = await readJson(context.request)
      // Again: another call may have added one while the body came.
      const holder = find(context)
      const secret = newSecret()
      const credential = passwordCredential(secret, readSpec(asked, context.deps.clock.now()))
      assertLifetime(context.deps, 'passwordCredentials', [credential])
      holder.put([...holder.passwordCredentials, credential])
      const { sha256: _, ...shown } = credential
      return json(200, {
        '@odata.context': `${context.base}/$metadata#microsoft.graph.passwordCredential`,
        ...shown,
        customKeyIdentifier: null,
        secretText: secret,
      })
    },
    async remove(context: GraphContext): Promise<Answer> {
      find(context)
      const { keyId } = await readJson(context.request)
      const { passwordCredentials, put } = find(context)
      const rest = passwordCredentials.filter((credential) => credential.keyId !== keyId)
      if (rest.length === passwordCredentials.length) throw noSuchCredential()
      put(rest)
      return { status: 204 }
    },
  }
}

export const applicationPasswords = callsOn(application)
export const principalPasswords = callsOn(principal)

function readSpec(asked: unknown, now: Date) {
  if (!isObject(asked)) throw badRequest("Invalid value specified for property 'passwordCredential'.")
  const startDateTime = dateOf(asked, 'startDateTime') ?? now
  const endDateTime = dateOf(asked, 'endDateTime') ?? new Date(startDateTime.getTime() + SECRET_LIFE)
  if (endDateTime <= startDateTime)
    throw new GraphError(400, 'PasswordCredentialsInvalidEndDate', 'Password credential end date is invalid.')
  return {
    displayName: displayNameIn(asked),
    startDateTime,
    endDateTime,
  }
}

function displayNameIn({ displayName = null }: Json): string | null {
  if (displayName === null || typeof displayName === 'string') return displayName
  throw badRequest("Invalid value specified for property 'displayName'.")
}

function dateOf(asked: Json, name: string): Date | undefined {
  const value = asked[name]
  if (value === undefined || value === null) return undefined
  const date = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(date.getTime())) throw badRequest(`Invalid value specified for property '${name}'.`)
  return date
}
