/**
 * Access tokens as Entra shapes them (entra.md 2.4).
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import { randomInt } from 'node:crypto'
import type { Application, ServicePrincipal } from '../directory.ts'
import { GRAPH_APP_ID } from '../seed/applications.ts'
import { signCompact } from './jws.ts'
import type { SigningKey } from './keys.ts'
import { opaque } from './opaque.ts'

/** How the client proved itself: the claims `azpacr` (v2.0) and `appidacr` (v1.0). */
export type ClientProof = 'none' | 'secret' | 'certificate'

const ACR: Record<ClientProof, string> = { none: '0', secret: '1', certificate: '2' }

/** What decides the claims that differ between v1.0 and v2.0. */
export interface VersionSpec {
  readonly tenantId: string
  /** The issuer of v2.0 tokens. */
  readonly issuer: string
  readonly client: Pick<Application, 'appId' | 'displayName'>
  readonly proof: ClientProof
  readonly resource: Application
  /** The resource as the client named it. */
  readonly resourceUri: string
}

export interface AppTokenSpec extends VersionSpec {
  readonly principal: ServicePrincipal
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
export function issueAppToken(spec: AppTokenSpec, key: SigningKey): AccessToken {
  const { resource, roles, now } = spec
  // Entra's default: random, 60 to 90 minutes, so that not all clients return at once.
  const expiresIn = randomInt(3600, 5400)
  const claims = {
    ...versionClaims(spec),
    ...commonClaims(spec.tenantId),
    // Dated back five minutes, for consumers whose clock is behind.
    iat: now - 300,
    nbf: now - 300,
    exp: now + expiresIn,
    ...(hasOptionalClaim(resource, 'idtyp') ? { idtyp: 'app' } : {}),
    oid: spec.principal.id,
    ...(roles.length > 0 ? { roles } : {}),
    sub: spec.principal.id,
  }
  return { token: signToken(claims, resource, key), expiresIn: expiresIn - 1 }
}

/** The version of a resource's tokens, whichever endpoint was called: v1.0 where it never chose. */
export function versionOf({ api }: Application): '1.0' | '2.0' {
  return api.requestedAccessTokenVersion === 2 ? '2.0' : '1.0'
}

/** Signs an access token for a resource: v1.0 names its key in `x5t`, too. */
export function signToken(claims: object, resource: Application, key: SigningKey): string {
  return signCompact(key.headers[versionOf(resource)], claims, key.privateKey)
}

/** Audience, issuer and client, as the version names them. */
export function versionClaims({ tenantId, issuer, client, resource, resourceUri, proof }: VersionSpec) {
  if (versionOf(resource) === '2.0') {
    return { aud: resource.appId, iss: issuer, azp: client.appId, azpacr: ACR[proof], ver: '2.0' }
  }
  const iss = v1Issuer(tenantId)
  const { appId: appid, displayName } = client
  // Graph is told the client's name: clients of Microsoft 365 read it out of their own token.
  const named = resource.appId === GRAPH_APP_ID ? { app_displayname: displayName } : {}
  return { aud: resourceUri, iss, idp: iss, ...named, appid, appidacr: ACR[proof], ver: '1.0' }
}

/** The tenant, and what Entra adds for itself: opaque, of the right form. */
export function commonClaims(tenantId: string) {
  return { aio: opaque(27), rh: `1.A${opaque(33)}.`, tid: tenantId, uti: opaque(16), xms_ftd: opaque(32) }
}

/** The issuer of v1.0 tokens, with the slash at its end. */
export function v1Issuer(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`
}

export function hasOptionalClaim({ optionalClaims }: Application, name: string): boolean {
  return optionalClaims?.accessToken.some((claim) => claim.name === name) ?? false
}
