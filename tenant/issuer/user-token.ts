/** What a signed-in user's client gets: a delegated access token, an ID token, a refresh token (entra.md 2.4). */
import { createHash, randomInt } from 'node:crypto'
import type { Application } from '../directory.ts'
import { type Answer, json } from '../http/exchange.ts'
import type { User } from '../users.ts'
import {
  type ClientProof,
  commonClaims,
  hasOptionalClaim,
  signToken,
  versionClaims,
  versionOf,
} from './claims.ts'
import { EntraError } from './errors.ts'
import type { Form } from './form.ts'
import { signCompact } from './jws.ts'
import { type SigningKey, signingKeyFor } from './keys.ts'
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

/** The token answer of the device code and refresh token grants. @throws EntraError 50105 */
export async function userTokenAnswer(
  spec: UserTokenSpec,
  form: Form,
  realm: Realm,
  deps: TokenDeps,
): Promise<Answer> {
  const { client, user, scope } = spec
  assertAssigned(spec, deps)
  const expiresIn = randomInt(3600, 5400)
  const now = deps.clock.seconds()
  const dates = { iat: now - 300, nbf: now - 300, exp: now + expiresIn }
  const roles = deps.directory.rolesOf(user, scope.resource)
  const access = { ...accessClaims(spec, realm), ...(roles.length > 0 ? { roles } : {}), ...dates }
  const { resource, uri, openid, scopes } = scope
  const clientInfo = Buffer.from(JSON.stringify({ uid: user.id, utid: realm.tenantId })).toString('base64url')
  const body = {
    token_type: 'Bearer',
    scope: [...openid, ...scopes.map((name) => `${uri}/${name}`)].join(' '),
    expires_in: expiresIn - 1,
    ext_expires_in: expiresIn - 1,
    access_token: signToken(access, resource, await signingKeyFor(versionOf(resource), realm, deps)),
    ...(openid.includes('offline_access') ? { refresh_token: newRefreshToken(spec, deps) } : {}),
    ...(openid.includes('openid')
      ? {
          id_token: signIdToken(
            { ...idClaims(spec, realm), ...dates },
            await signingKeyFor('2.0', realm, deps),
          ),
        }
      : {}),
    // MSAL asks for it, to know the account.
    ...(form.get('client_info') === '1' ? { client_info: clientInfo } : {}),
  }
  return { ...json(200, body), note: { clientId: client.appId } }
}

/** A resource that asks for assignments asks its users, too. */
function assertAssigned(
  { client, user, scope: { resource } }: UserTokenSpec,
  { directory }: TokenDeps,
): void {
  if (directory.mayUse(user, resource)) return
  throw new EntraError(
    400,
    'invalid_grant',
    50105,
    `Your administrator has configured the application ${resource.displayName} ('${resource.appId}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '${user.userPrincipalName}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator. Please contact your administrator to assign access to this application.`,
    client.appId,
  )
}

function accessClaims({ client, user, proof, scope }: UserTokenSpec, { issuer, tenantId }: Realm) {
  const { resource, uri, scopes, openid } = scope
  const { displayName: name, userPrincipalName } = user
  const profile = openid.includes('profile') ? { name, preferred_username: userPrincipalName } : {}
  return {
    ...versionClaims({ issuer, tenantId, client, proof, resource, resourceUri: uri }),
    ...commonClaims(tenantId),
    ...(hasOptionalClaim(resource, 'idtyp') ? { idtyp: 'user' } : {}),
    ...(versionOf(resource) === '2.0'
      ? profile
      : { name, unique_name: userPrincipalName, upn: userPrincipalName }),
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

function signIdToken(claims: object, { headers, privateKey }: SigningKey): string {
  return signCompact(headers['2.0'], claims, privateKey)
}
