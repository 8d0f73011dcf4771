import { isLoopbackHost } from '../../core/loopback.ts'
import type { FetchJson } from './fetch-json.ts'

export interface GuardOptions {
  /** `https://host/<tenant id>`: of it the host counts, the tenant is `tenantId`. */
  readonly authority: string
  /** A GUID; a name, `common` or `organizations` says of no token whether it is meant. */
  readonly tenantId: string
  /** Who the tokens are for: the API's client id, and `api://<client id>`. */
  readonly audience: readonly string[]
  readonly fetchJson: FetchJson
  /** Tenants whose tokens are accepted, each with its own issuer and keys at the same host. Left out or empty: `tenantId`. */
  readonly allowedTenants?: readonly string[]
  /** Client apps that may call. Empty: any. */
  readonly allowedClients?: readonly string[]
  /** Accepts v1.0 tokens too, of this issuer: `https://sts.windows.net/<tenant id>/` in the public cloud. */
  readonly v1Issuer?: ((tenantId: string) => string) | undefined
  /** How long known keys keep working while the issuer is down, in milliseconds. Default 24 hours. */
  readonly keepKeysForMs?: number | undefined
  /** Counts what happens; called without any token or claim. */
  readonly onEvent?: (event: GuardEvent) => void
  /** `false` verifies every token anew. Default true. */
  readonly cacheTokens?: boolean
  readonly now?: () => number
}

export type GuardEvent =
  | { readonly kind: 'cache'; readonly hit: boolean }
  | { readonly kind: 'keys'; readonly outcome: 'ok' | 'failed'; readonly error?: unknown }

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * Options that could never let anybody in, or would let in whom nobody meant, are a mistake at start and not at the first
 * request. Gives them with every id in small letters, as the tokens are read.
 *
 * @throws TypeError
 */
export function checkOptions(options: GuardOptions): GuardOptions & {
  /** `https://host`, without a slash at the end. */
  readonly origin: string
  readonly tenants: readonly string[]
} {
  const { authority, tenantId, audience, allowedTenants = [], allowedClients = [] } = options
  const lower = (ids: readonly string[]) => ids.map((id) => id.toLowerCase())
  const tenants = lower(allowedTenants.length > 0 ? allowedTenants : [tenantId])
  const url = URL.canParse(authority) ? new URL(authority) : undefined
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (url === undefined || !secure) throw new TypeError('createGuard: authority is no https:// address')
  if (![tenantId, ...tenants].every((id) => GUID.test(id))) {
    throw new TypeError('createGuard: a tenant id is no GUID')
  }
  if (audience.length === 0 || audience.some((name) => name === '' || name === 'api://')) {
    throw new TypeError('createGuard: audience is empty')
  }
  return { ...options, origin: url.origin, tenants, allowedClients: lower(allowedClients) }
}
