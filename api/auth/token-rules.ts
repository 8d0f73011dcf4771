/**
 * What Entra's access tokens must look like beyond signature, issuer, audience and dates, which the middleware checks.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import { type Actor, actorOf, type Claims } from '../../core/permissions.ts'
import { clientNotAllowed, invalidToken } from './auth-error.ts'

/** What a token says about itself before anything is verified: enough to choose the keys, trusted for nothing else. */
export interface UnverifiedToken {
  readonly kid: string
  readonly tenantId: string
  readonly issuer: string
}

/** Who makes a request, out of a verified token. */
export interface Caller {
  readonly actor: Actor
  /** The claim `oid`: the object id of the user, or of the app's service principal. Never reassigned. */
  readonly objectId: string
  readonly tenantId: string
  /** The client app: `azp` in v2.0 tokens, `appid` in v1.0. */
  readonly clientId: string
  readonly claims: Claims
}

/**
 * Reads the header and the two claims that say whose keys to try. Only `typ: JWT`, `alg: RS256` and a `kid` go on:
 * what Entra signs, so that neither `none`, nor HMAC over a public key, nor a key named by the token gets any further.
 *
 * @throws AuthError 401
 */
export function readUnverified(token: string): UnverifiedToken {
  const parts = token.split('.')
  const header = parts.length === 3 ? jsonObject(parts[0] as string) : undefined
  const payload = header === undefined ? undefined : jsonObject(parts[1] as string)
  if (header === undefined || payload === undefined) throw invalidToken('the access token is not a JWT')
  const { typ, alg, kid } = header
  if (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')
    throw invalidToken("unexpected 'typ' in the token's header")
  if (alg !== 'RS256') throw invalidToken("unexpected 'alg' in the token's header: only RS256 is accepted")
  if (typeof kid !== 'string' || kid === '') throw invalidToken("the token's header names no key ('kid')")
  const { iss, tid } = payload
  if (typeof iss !== 'string') throw invalidToken("the token has no 'iss'")
  if (typeof tid !== 'string') throw invalidToken("the token has no 'tid'")
  return { kid, tenantId: tid.toLowerCase(), issuer: iss }
}

export interface ClaimRules {
  /** `2.0`, or `1.0` for the issuer of v1.0 tokens. */
  readonly version: '1.0' | '2.0'
  readonly tenantId: string
  /** Client apps that may call. Empty: any that the tenant issues a token to. */
  readonly allowedClients: readonly string[]
}

/**
 * Checks the claims of a verified token and freezes them.
 *
 * @throws AuthError 401, or 403 for a client app that is not on the list
 */
export function readCaller(claims: Claims, rules: ClaimRules): Caller {
  if (claims.cnf !== undefined) {
    throw invalidToken('the token is bound to a key (cnf), and the API takes bearer tokens only')
  }
  if (claims.ver !== rules.version) throw invalidToken("unexpected 'ver' in the token")
  if (typeof claims.tid !== 'string' || claims.tid.toLowerCase() !== rules.tenantId) {
    throw invalidToken("unexpected 'tid' in the token")
  }
  if (typeof claims.oid !== 'string' || claims.oid === '') throw invalidToken("the token has no 'oid'")
  if (typeof claims.sub !== 'string' || claims.sub === '') throw invalidToken("the token has no 'sub'")
  const clientId = rules.version === '2.0' ? claims.azp : claims.appid
  if (typeof clientId !== 'string' || clientId === '') throw invalidToken('the token names no client app')
  if (rules.allowedClients.length > 0 && !rules.allowedClients.includes(clientId.toLowerCase())) {
    throw clientNotAllowed()
  }
  return Object.freeze({
    actor: actorOf(claims),
    objectId: claims.oid.toLowerCase(),
    tenantId: rules.tenantId,
    clientId: clientId.toLowerCase(),
    claims: deepFreeze(claims),
  })
}

function jsonObject(base64url: string): Record<string, unknown> | undefined {
  if (!/^[\w-]+$/.test(base64url)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  return Object.freeze(value)
}
