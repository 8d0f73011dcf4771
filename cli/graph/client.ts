/**
 * The little of Microsoft Graph that this program calls: an application and its key credentials.
 *
 * https://learn.microsoft.com/graph/api/resources/application
 */
import { AppError } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import { parseObject } from '../auth/discovery.ts'
import type { Context } from '../context.ts'
import type { HttpRequest } from '../http.ts'
import { timeoutOf } from '../vault/client.ts'
import { vaultCredential } from '../vault/credential.ts'
import { vaultDeps } from '../vault/open.ts'
import { VAULT_SETTINGS } from '../vault/settings.ts'

/** https://learn.microsoft.com/graph/api/resources/keycredential */
export interface KeyCredential {
  readonly keyId?: string
  readonly displayName?: string | null
  readonly type: string
  readonly usage: string
  /** Base64 of the certificate in DER; null in answers that do not select it. */
  readonly key?: string | null
  readonly customKeyIdentifier?: string | null
  readonly startDateTime?: string
  readonly endDateTime?: string
}

export interface Application {
  /** The object id, which is not the client id. */
  readonly id: string
  readonly appId: string
  readonly displayName: string
  readonly keyCredentials: readonly KeyCredential[]
}

export interface GraphClient {
  /** @throws AppError `app-missing`, `graph-…` */
  applicationByAppId(appId: string): Promise<Application>
  /** Replaces the whole collection, as Graph's PATCH does: give it every credential that is to stay. */
  setKeyCredentials(objectId: string, keyCredentials: readonly KeyCredential[]): Promise<void>
}

/** A client with the identity that opens the vault (`--vault-auth`, the `AZURE_*` variables). */
export async function createGraphClient(context: Context): Promise<GraphClient> {
  const settings = await context.settings(VAULT_SETTINGS)
  const graphUrl = settings.need('graphUrl')
  const http = await context.http()
  const credential = await vaultCredential(settings, {
    ...(await vaultDeps(context)),
    timeoutMs: timeoutOf(settings),
  })
  const call = async (method: HttpRequest['method'], path: string, body?: object) => {
    const token = await tokenFor(graphUrl, credential, context)
    const answer = await http.send('graph', {
      method,
      url: `${graphUrl}${path}`,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    })
    if (answer.status >= 200 && answer.status < 300) return parseObject(answer.body) ?? {}
    throw refusal(answer.status, parseObject(answer.body))
  }
  return {
    async applicationByAppId(appId) {
      const query = `$filter=${encodeURIComponent(`appId eq '${appId}'`)}&$select=id,appId,displayName,keyCredentials`
      const { value } = await call('GET', `/applications?${query}`)
      const [application] = Array.isArray(value) ? (value as Application[]) : []
      if (application !== undefined) return application
      throw new AppError('app-missing', `the tenant has no app with the client id ${appId}`, {
        hint: 'check CLIENT_ID and the tenant',
      })
    },
    async setKeyCredentials(objectId, keyCredentials) {
      await call('PATCH', `/applications/${encodeURIComponent(objectId)}`, { keyCredentials })
    },
  }
}

/** Graph's scope is its host; the local tenant's Graph takes the public cloud's. */
async function tokenFor(
  graphUrl: string,
  credential: Awaited<ReturnType<typeof vaultCredential>>,
  { io }: Context,
): Promise<string> {
  const { origin, hostname } = new URL(graphUrl)
  const resource = isLoopbackHost(hostname) ? 'https://graph.microsoft.com' : origin
  try {
    const token = await credential.getToken(`${resource}/.default`, { abortSignal: io.signal })
    if (token) return token.token
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'vault-signed-out') throw error
    const { message, hint, serviceCode, details } = error
    throw new AppError('graph-refused', message.replaceAll('opens the vault', 'opens Graph'), {
      hint,
      serviceCode,
      details,
      cause: error,
    })
  }
  throw new AppError('graph-refused', 'no credential for Microsoft Graph', {
    hint: 'az login, or --vault-auth certificate',
  })
}

/** https://learn.microsoft.com/graph/errors */
function refusal(status: number, body: Record<string, unknown> | undefined): AppError {
  const error = (body?.error ?? {}) as { code?: unknown; message?: unknown }
  const serviceCode = typeof error.code === 'string' ? error.code : undefined
  const message = typeof error.message === 'string' ? error.message.slice(0, 300) : `status ${status}`
  if (status === 401 || status === 403) {
    return new AppError('graph-refused', `Microsoft Graph refused: ${message}`, {
      hint: 'it needs Application.ReadWrite.OwnedBy or .All, granted by an administrator',
      serviceCode,
    })
  }
  if (status === 429 || status >= 500)
    return new AppError('graph-unreachable', `Microsoft Graph answers ${status}`, {
      hint: 'try again later',
      serviceCode,
    })
  return new AppError('graph-failed', `Microsoft Graph refused: ${message}`, {
    hint: 'run it again with --verbose',
    serviceCode,
  })
}
