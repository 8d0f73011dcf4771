/** Access tokens as the vault and Graph check them: signature, issuer, tenant, audience, dates. */
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { rolesOf, scopesOf } from '../core/permissions.ts'
import type { Clock } from './clock.ts'
import type { TenantRequest } from './http/exchange.ts'
import { v1Issuer } from './issuer/claims.ts'
import type { KeyRing } from './issuer/keys.ts'

/** Who asks, out of a verified token. */
export interface Caller {
  readonly appId: string
  /** The object id: a service principal's, or a user's. */
  readonly oid: string
  readonly issuer: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** Why a token was refused. Each service words it in its own way. */
export class BearerError extends Error {
  override readonly name = 'BearerError'
  readonly reason: 'missing' | 'malformed' | 'signature' | 'expired' | 'audience' | 'issuer'
  /** What the token had instead, for the message: an audience or an issuer. */
  readonly found: string

  constructor(reason: BearerError['reason'], found = '') {
    super(`the access token is refused: ${reason}`)
    this.reason = reason
    this.found = found
  }
}

export interface BearerDeps {
  readonly keys: KeyRing
  readonly clock: Clock
  readonly tenantId: string
}

/**
 * Checks the request's access token for a resource.
 *
 * @param audiences the resource's URIs, without a slash at their end; tokens may carry one
 * @throws BearerError
 */
export async function checkBearer(
  request: TenantRequest,
  audiences: readonly string[],
  deps: BearerDeps,
): Promise<Caller> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) throw new BearerError('missing')
  const claims = await verified(token, deps)
  const { aud, iss, tid, oid, appid } = claims
  if (iss !== v1Issuer(deps.tenantId) || tid !== deps.tenantId) throw new BearerError('issuer', String(iss))
  if (typeof aud !== 'string' || !audiences.includes(aud.replace(/\/$/, '')))
    throw new BearerError('audience', String(aud))
  if (typeof oid !== 'string' || typeof appid !== 'string') throw new BearerError('malformed')
  return { appId: appid, oid, issuer: String(iss), roles: rolesOf(claims), scopes: scopesOf(claims) }
}

async function verified(token: string, { keys, clock }: BearerDeps): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = keys.published().find((published) => published.kid === kid)
        if (key === undefined) throw new BearerError('signature')
        return key.publicKey
      },
      { algorithms: ['RS256'], currentDate: clock.now(), requiredClaims: ['exp', 'nbf', 'aud', 'iss'] },
    )
    return payload
  } catch (error) {
    if (error instanceof BearerError) throw error
    if (error instanceof errors.JWTExpired) throw new BearerError('expired')
    throw new BearerError(error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'malformed')
  }
}
