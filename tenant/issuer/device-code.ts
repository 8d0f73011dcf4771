/** The device code flow (RFC 8628): the request for a code, and the grant that a client polls. */
import { type Answer, json, type TenantRequest } from '../http/exchange.ts'
import { findClient } from './client-authentication.ts'
import { DEVICE_CODE_LIFE } from './device-requests.ts'
import { EntraError } from './errors.ts'
import { type Form, readForm } from './form.ts'
import type { Realm } from './realm.ts'
import type { TokenDeps } from './token.ts'
import { userScope } from './user-scope.ts'
import { userTokenAnswer } from './user-token.ts'

/** In seconds: how long a client waits between two polls. */
const INTERVAL = 5

/** `POST /{tenant}/oauth2/v2.0/devicecode` */
export async function answerDeviceCode(
  request: TenantRequest,
  deps: TokenDeps,
  verificationUri: string,
): Promise<Answer> {
  const form = await readForm(request)
  const clientId = form.require('client_id')
  const scope = form.require('scope')
  const { client } = findPublicClient(clientId, deps)
  userScope(scope, deps.directory, deps.tenantName, client)
  const { deviceCode, userCode } = deps.deviceRequests.add(client.appId, scope)
  const body = {
    user_code: userCode,
    device_code: deviceCode,
    verification_uri: verificationUri,
    expires_in: DEVICE_CODE_LIFE,
    interval: INTERVAL,
    message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${userCode} to authenticate.`,
  }
  return { ...json(200, body), note: { clientId: client.appId } }
}

/** @throws EntraError 70016 and the other answers of RFC 8628 section 3.5, in Entra's names */
export async function deviceCodeGrant(
  _: TenantRequest,
  form: Form,
  realm: Realm,
  deps: TokenDeps,
): Promise<Answer> {
  const { client } = findPublicClient(form.require('client_id'), deps)
  // MSAL has sent it as `code`, too.
  const deviceCode = form.get('device_code') ?? form.require('code')
  const request = deps.deviceRequests.byDeviceCode(deviceCode)
  const { appId } = client
  if (request === undefined || request.clientId !== appId) {
    throw new EntraError(
      400,
      'bad_verification_code',
      70018,
      'Invalid verification code due to user typing in wrong user code for device code flow.',
      appId,
    )
  }
  if (deps.clock.seconds() >= request.expiresAt) {
    throw new EntraError(
      400,
      'expired_token',
      70019,
      'Verification code expired. Have the user retry the sign-in.',
      appId,
    )
  }
  const { decision } = request
  if (decision === 'pending') {
    throw new EntraError(
      400,
      'authorization_pending',
      70016,
      'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
      appId,
    )
  }
  const user = decision === 'denied' ? undefined : deps.users.get(decision.userId)
  deps.deviceRequests.remove(deviceCode)
  if (user === undefined) {
    throw new EntraError(
      400,
      'authorization_declined',
      undefined,
      'The end user denied the authorization request.',
      appId,
    )
  }
  const scope = userScope(request.scope, deps.directory, deps.tenantName, client)
  return userTokenAnswer({ client, user, proof: 'none', scope }, form, realm, deps)
}

/** @throws EntraError 7000218 for an app that is not registered as a public client */
function findPublicClient(clientId: string, deps: TokenDeps) {
  const known = findClient(clientId, deps)
  if (known.client.isFallbackPublicClient) return known
  throw new EntraError(
    401,
    'invalid_client',
    7000218,
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    clientId,
  )
}
