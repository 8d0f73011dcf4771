/** addPassword, removePassword, addKey, removeKey. */
import { newSecret, passwordCredential } from '../credentials.ts'
import { type Answer, json } from '../http/exchange.ts'
import { assertLifetime } from './app-policy.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, isObject, type Json, readJson } from './context.ts'
import { badRequest, GraphError } from './errors.ts'
import { readKeyCredential } from './key-credentials.ts'
import { assertProof } from './proof.ts'

const DAY = 24 * 60 * 60 * 1000

/** Two years, where the caller does not say. */
const SECRET_LIFE = 2 * 365 * DAY

/** The only answer that ever shows a secret. */
export async function addPassword(context: GraphContext): Promise<Answer> {
  const application = findManaged(context)
  const { passwordCredential: asked = {} } = await readJson(context.request)
  if (!isObject(asked)) throw badRequest("Invalid value specified for property 'passwordCredential'.")
  const now = context.deps.clock.now()
  const start = dateOf(asked, 'startDateTime') ?? now
  const end = dateOf(asked, 'endDateTime') ?? new Date(start.getTime() + SECRET_LIFE)
  if (end <= start)
    throw new GraphError(400, 'PasswordCredentialsInvalidEndDate', 'Password credential end date is invalid.')
  const secret = newSecret()
  const displayName = typeof asked.displayName === 'string' ? asked.displayName : null
  const credential = passwordCredential(secret, { displayName, startDateTime: start, endDateTime: end })
  assertLifetime(context.deps, 'passwordCredentials', [credential])
  const passwordCredentials = [...application.passwordCredentials, credential]
  context.directory.applications.put({ ...application, passwordCredentials })
  const { sha256: _, ...shown } = credential
  return json(200, {
    '@odata.context': `${context.base}/$metadata#microsoft.graph.passwordCredential`,
    ...shown,
    customKeyIdentifier: null,
    secretText: secret,
  })
}

export async function removePassword(context: GraphContext): Promise<Answer> {
  const application = findManaged(context)
  const { keyId } = await readJson(context.request)
  const rest = application.passwordCredentials.filter((credential) => credential.keyId !== keyId)
  if (rest.length === application.passwordCredentials.length) throw noSuchCredential()
  context.directory.applications.put({ ...application, passwordCredentials: rest })
  return { status: 204 }
}

/** Adds one key to those that are there; an existing key proves that the caller has the right to. */
export async function addKey(context: GraphContext): Promise<Answer> {
  const application = findRolled(context)
  const { keyCredential, proof } = await readJson(context.request)
  await assertProof(proof, application, context.deps.clock)
  const added = readKeyCredential(keyCredential, [])
  assertLifetime(context.deps, 'keyCredentials', [added])
  const keyCredentials = [...application.keyCredentials, added]
  context.directory.applications.put({ ...application, keyCredentials })
  return json(200, {
    '@odata.context': `${context.base}/$metadata#microsoft.graph.keyCredential`,
    ...added,
    key: null,
  })
}

export async function removeKey(context: GraphContext): Promise<Answer> {
  const application = findRolled(context)
  const { keyId, proof } = await readJson(context.request)
  await assertProof(proof, application, context.deps.clock)
  const rest = application.keyCredentials.filter((credential) => credential.keyId !== keyId)
  if (rest.length === application.keyCredentials.length) throw noSuchCredential()
  context.directory.applications.put({ ...application, keyCredentials: rest })
  return { status: 204 }
}

/** An app may roll its own keys without any permission: the proof is what counts. */
function findRolled(context: GraphContext) {
  const application = findApplication(context)
  return application.appId === context.caller.appId ? application : findManaged(context)
}

function noSuchCredential(): GraphError {
  return badRequest('No credentials found to be removed.')
}

function dateOf(asked: Json, name: string): Date | undefined {
  const value = asked[name]
  if (value === undefined || value === null) return undefined
  const date = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(date.getTime())) throw badRequest(`Invalid value specified for property '${name}'.`)
  return date
}
