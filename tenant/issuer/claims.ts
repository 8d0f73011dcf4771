/**
 * Access tokens as Entra shapes them (entra.md 2.4).
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import { randomBytes, randomInt } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Application, ServicePrincipal } from '../directory.ts'
import type { SigningKey } from './keys.ts'

/** How the client proved itself: the claims `azpacr` (v2.0) and `appidacr` (v1.0). */
export type ClientProof = 'none' | 'secret' | 'certificate'

const ACR: Record<ClientProof, string> = { none: '0', secret: '1', certificate: '2' }

export interface AppTokenSpec {
  readonly tenantId: string
  /** The issuer of v2.0 tokens. */
  readonly issuer: string
  readonly client: Pick<Application, 'appId'>
  readonly principal: ServicePrincipal
  readonly proof: ClientProof
  readonly resource: Application
  /** The resource as the client named it. */
  readonly resourceUri: string
  readonly roles: readonly string[]
  /** Seconds since 1970. */
  readonly now: number
}

export interface AccessToken {
  readonly token: string
  /** In seconds, from now. */
  readonly expiresIn: number
}

/** An access token for an app, of the version that the resource asks for, whichever endpoint was called. */
export async function issueAppToken(spec: AppTokenSpec, key: SigningKey): Promise<AccessToken> {
  const { resource, roles, now } = spec
  // Entra's default: random, 60 to 90 minutes, so that not all clients return at once.
  const expiresIn = randomInt(3600, 5400)
  const isV2 = resource.api.requestedAccessTokenVersion === 2
  const claims = {
    ...(isV2 ? v2Claims(spec) : v1Claims(spec)),
    aio: randomBytes(27).toString('base64url'),
    // Dated back five minutes, for consumers whose clock is behind.
    iat: now - 300,
    nbf: now - 300,
    exp: now + expiresIn,
    ...(hasOptionalClaim(resource, 'idtyp') ? { idtyp: 'app' } : {}),
    oid: spec.principal.id,
    rh: `1.A${randomBytes(33).toString('base64url')}.`,
    ...(roles.length > 0 ? { roles } : {}),
    sub: spec.principal.id,
    tid: spec.tenantId,
    uti: randomBytes(16).toString('base64url'),
    xms_ftd: randomBytes(32).toString('base64url'),
  }
  const { kid, privateKey } = key
  const header = { typ: 'JWT', alg: 'RS256', kid, ...(isV2 ? {} : { x5t: kid }) }
  const token = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
  return { token, expiresIn: expiresIn - 1 }
}

function v2Claims({ issuer, client, resource, proof }: AppTokenSpec) {
  return { aud: resource.appId, iss: issuer, azp: client.appId, azpacr: ACR[proof], ver: '2.0' }
}

function v1Claims({ tenantId, client, resourceUri, proof }: AppTokenSpec) {
  const iss = v1Issuer(tenantId)
  return { aud: resourceUri, iss, idp: iss, appid: client.appId, appidacr: ACR[proof], ver: '1.0' }
}

/** The issuer of v1.0 tokens, with the slash at its end. */
export function v1Issuer(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`
}

function hasOptionalClaim({ optionalClaims }: Application, name: string): boolean {
  return optionalClaims?.accessToken.some((claim) => claim.name === name) ?? false
}
