import { AppError } from '../../core/errors.ts'
import { clientIdOf } from '../auth/tokens.ts'
import type { Context } from '../context.ts'
import { createGraphClient, type GraphClient } from '../graph/client.ts'
import { thumbprintOfCredential } from '../graph/key-credential.ts'
import type { Application, PasswordCredential } from '../graph/objects.ts'
import type { Check, Finding } from './check.ts'
import type { Found } from './checks.ts'

/** The app is registered, and the credential is among its own, where Graph may be read. */
export const registrationCheck = (context: Context, found: Found): Check => ({
  name: 'registration',
  needs: ['settings', 'issuer', 'graph', 'credential'],
  async run() {
    const settings = await context.settings()
    if (settings.get('auth') === 'user')
      return { status: 'skip', seen: 'a user signs in; what the app is registered with does not matter' }
    if (found.graphAnswers !== true) return { status: 'skip', seen: 'not looked at, for want of: graph' }
    try {
      const graph = await createGraphClient(context)
      const other = await otherTenant(graph, found)
      if (other !== undefined) return other
      const clientId = clientIdOf(settings)
      const app = await graph.findApplication(clientId)
      if (app === undefined) return await withoutApp(graph, clientId)
      return found.thumbprint === undefined ? ofSecret(app, found) : ofCertificate(app, found.thumbprint)
    } catch (error) {
      // Whoever runs a daemon seldom may read registrations.
      if (!(error instanceof AppError) || !SKIPPED.includes(error.code)) throw error
      const { message, code } = error
      return { status: 'skip', seen: `not looked at, for Graph may not be read: ${message}`, code }
    }
  },
})

/** Nobody may read Graph with this identity, or there is none; that is no fault of the app's. */
const SKIPPED: readonly string[] = ['graph-refused', 'graph-failed', 'graph-unreachable', 'setting-missing']

/** Whoever is signed in somewhere else reads the apps of that place. */
async function otherTenant(graph: GraphClient, { tenantId }: Found): Promise<Finding | undefined> {
  const callers = await graph.tenantId()
  if (callers === undefined || tenantId === undefined || callers.toLowerCase() === tenantId.toLowerCase())
    return undefined
  return {
    status: 'skip',
    seen: `not looked at, for who reads Graph is of the tenant ${callers}, and the app of ${tenantId}`,
    next: `az login --tenant ${tenantId} --allow-no-subscriptions`,
  }
}

async function withoutApp(graph: GraphClient, given: string): Promise<Finding> {
  if ((await graph.servicePrincipalOf(given)) !== undefined)
    return { status: 'skip', seen: 'not looked at, for the app is registered in another tenant' }
  const meant = await graph.clientIdOf(given)
  return meant === undefined
    ? {
        status: 'fail',
        seen: `the tenant has no app with the client id ${given}`,
        next: 'see the ids of your apps: az ad app list --show-mine --query "[].[appId, displayName]" -o tsv; then: todo-cli config set clientId ID',
        code: 'app-missing',
      }
    : {
        status: 'fail',
        seen: `${given} is an object id, and the client id of that app is ${meant}`,
        next: `todo-cli config set clientId ${meant}`,
        code: 'app-missing',
      }
}

function ofCertificate({ appId, displayName, keyCredentials }: Application, thumbprint: string): Finding {
  if (keyCredentials.map(thumbprintOfCredential).includes(thumbprint))
    return { status: 'ok', seen: `registered with ${displayName}` }
  const number = keyCredentials.length === 1 ? '1 certificate' : `${keyCredentials.length} certificates`
  return {
    status: 'fail',
    seen: `${displayName} (${appId}) has ${number}, none with SHA-1 ${thumbprint}`,
    next: 'register it: todo-cli app credential add; which it has: todo-cli app credential list',
    code: 'issuer-refused',
  }
}

/** Graph shows of a secret its dates and its first three characters. */
function ofSecret({ appId, displayName, passwordCredentials }: Application, { secretHint }: Found): Finding {
  const like = passwordCredentials.filter(
    ({ hint }) => !hint || secretHint === undefined || hint === secretHint,
  )
  if (like.some(isNotExpired)) return { status: 'ok', seen: `${displayName} has a secret like this one` }
  const app = `${displayName} (${appId})`
  const next = `(umask 077; az ad app credential reset --append --id ${appId} --query password -o tsv >client-secret), then: --client-secret-file client-secret`
  const fail = { status: 'fail', next, code: 'issuer-refused' } as const
  if (passwordCredentials.length === 0) return { ...fail, seen: `${app} has no secret at all` }
  const ends = like.map(({ endDateTime }) => endDateTime?.slice(0, 10) ?? '').sort()
  return {
    ...fail,
    seen:
      like.length === 0
        ? `${app} has no secret that begins like this one: it is of another app, or not the value`
        : `the secret of ${app} expired on ${ends.at(-1)}`,
  }
}

const isNotExpired = ({ endDateTime }: PasswordCredential) =>
  !endDateTime || Date.parse(endDateTime) > Date.now()
