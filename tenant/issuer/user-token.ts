/** What a signed-in user's client gets: a delegated access token, an ID token, a refresh token (entra.md 2.4). */
import { createHash, randomInt } from 'node:crypto'
import type { Application } from '../directory.ts'
import { type Answer, json } from '../http/exchange.ts'
import type { User } from '../users.ts'
import { type ClientProof, commonClaims, hasOptionalClaim, signToken, versionClaims } from './claims.ts'
import type { Form } from './form.ts'
import { signCompact } from './jws.ts'
import type { Realm } from './realm.ts'
import { newRefreshToken } from './refresh-tokens.ts'
import type { TokenDeps } from './token.ts'
import type { UserScope } from './user-scope.ts'

export interface UserTokenSpec {
  readonly client: Application
  readonly user: User
  readonly proof: ClientProof
  readonly scope: UserScope
}

/** The token answer of the device code and refresh token grants. */
export function userTokenAnswer(spec: UserTokenSpec, form: Form, realm: Realm, deps: TokenDeps): Answer {
  const { client, user, scope } = spec
  const expiresIn = randomInt(3600, 5400)
  const now = deps.clock.seconds()
  const dates = { iat: now - 300, nbf: now - 300, exp: now + expiresIn }
  const access = { ...accessClaims(spec, realm), ...dates }
  const { resource, uri, openid, scopes } = scope
  const clientInfo = Buffer.from(JSON.stringify({ uid: user.id, utid: realm.tenantId })).toString('base64url')
  const body = {
    token_type: 'Bearer',
    scope: [...openid, ...scopes.map((name) => `${uri}/${name}`)].join(' '),
    expires_in: expiresIn - 1,
    ext_expires_in: expiresIn - 1,
    access_token: signToken(access, resource, deps.keys.active()),
    ...(openid.includes('offline_access') ? { refresh_token: newRefreshToken(spec, deps) } : {}),
    ...(openid.includes('openid')
      ? { id_token: signIdToken({ ...idClaims(spec, realm), ...dates }, deps) }
      : {}),
    // MSAL asks for it, to know the account.
    ...(form.get('client_info') === '1' ? { client_info: clientInfo } : {}),
  }
  return { ...json(200, body), note: { clientId: client.appId } }
}

function accessClaims({ client, user, proof, scope }: UserTokenSpec, { issuer, tenantId }: Realm) {
  const { resource, uri, scopes, openid } = scope
  const isV2 = resource.api.requestedAccessTokenVersion === 2
  const { displayName: name, userPrincipalName } = user
  return {
    ...versionClaims({ issuer, tenantId, client, proof, resource, resourceUri: uri }),
    ...commonClaims(tenantId),
    ...(hasOptionalClaim(resource, 'idtyp') ? { idtyp: 'user' } : {}),
    ...(isV2
      ? { preferred_username: userPrincipalName }
      : { unique_name: userPrincipalName, upn: userPrincipalName }),
    name,
    oid: user.id,
    scp: [...scopes, ...(scopes.length === 0 ? openid : [])].join(' '),
    sub: pairwise(user, resource.appId, tenantId),
  }
}

function idClaims({ client, user, scope }: UserTokenSpec, { issuer, tenantId }: Realm) {
  const { displayName: name, userPrincipalName } = user
  return {
    aud: client.appId,
    iss: issuer,
    ...commonClaims(tenantId),
    ...(scope.openid.includes('profile') ? { name, preferred_username: userPrincipalName } : {}),
    oid: user.id,
    sub: pairwise(user, client.appId, tenantId),
    ver: '2.0',
  }
}

/** A subject for each audience, which two of them can not bring together (OpenID Connect Core section 8.1). */
function pairwise({ id }: User, audience: string, tenantId: string): string {
  return createHash('sha256').update(`${tenantId}/${audience}/${id}`).digest('base64url')
}

function signIdToken(claims: object, { keys }: TokenDeps): string {
  const { kid, privateKey } = keys.active()
  return signCompact({ typ: 'JWT', alg: 'RS256', kid }, claims, privateKey)
}
