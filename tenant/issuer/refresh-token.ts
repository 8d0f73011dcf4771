/** The refresh token grant (RFC 6749 section 6). A refresh token stays valid after use, as Entra's do. */
import type { Answer, TenantRequest } from '../http/exchange.ts'
import { authenticateClient, findClient, presentedCredential } from './client-authentication.ts'
import { assertConsented } from './consent.ts'
import { EntraError } from './errors.ts'
import type { Form } from './form.ts'
import type { Realm } from './realm.ts'
import { findRefreshToken, REFRESH_LIFE } from './refresh-tokens.ts'
import type { TokenDeps } from './token.ts'
import { userScope } from './user-scope.ts'
import { userTokenAnswer } from './user-token.ts'

/** @throws EntraError 900144, 70000, 700082, 65001, and those of the client's authentication */
export async function refreshTokenGrant(
  request: TenantRequest,
  form: Form,
  realm: Realm,
  deps: TokenDeps,
): Promise<Answer> {
  const presented = presentedCredential(request, form)
  const token = form.require('refresh_token')
  const { client, principal } = findClient(presented.clientId, deps)
  const proof = client.isFallbackPublicClient
    ? 'none'
    : await authenticateClient(client, presented, realm, deps)
  const kept = findRefreshToken(token, deps)
  const user = kept && deps.users.get(kept.userId)
  if (kept === undefined || user === undefined || kept.clientId !== client.appId) {
    throw new EntraError(400, 'invalid_grant', 70000, 'Provided grant is invalid or malformed.', client.appId)
  }
  const age = deps.clock.now().getTime() - Date.parse(kept.issuedAt)
  if (age > REFRESH_LIFE) {
    throw new EntraError(
      400,
      'invalid_grant',
      700082,
      `The refresh token has expired due to inactivity. The token was issued on ${kept.issuedAt} and was inactive for 90.00:00:00.`,
      client.appId,
    )
  }
  const scope = userScope(form.get('scope') ?? kept.scope, deps.directory, deps.tenantName, client)
  const asked = { principal, resource: scope.resource, userId: user.id }
  const scopes = assertConsented(client, asked, scope, deps.directory)
  return userTokenAnswer({ client, user, proof, scope: { ...scope, scopes } }, form, realm, deps)
}
