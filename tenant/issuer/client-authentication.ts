/** Who the client is, and how it proves that: the steps that every grant shares. */
import type { Application, ServicePrincipal } from '../directory.ts'
import type { TenantRequest } from '../http/exchange.ts'
import { checkAssertion } from './assertion.ts'
import type { ClientProof } from './claims.ts'
import { EntraError } from './errors.ts'
import { checkFederated } from './federated.ts'
import type { Form } from './form.ts'
import { isGuid, type Realm } from './realm.ts'
import { checkSecret } from './secret.ts'
import type { TokenDeps } from './token.ts'

/** A client of the tenant: its registration, and its presence. */
export interface KnownClient {
  readonly client: Application
  readonly principal: ServicePrincipal
}

export interface Presented {
  readonly clientId: string
  readonly secret: string | undefined
  readonly assertion: string | undefined
}

/** RFC 7523 section 2.2 */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * `client_secret_post`, `client_secret_basic` (RFC 6749 section 2.3.1) or `private_key_jwt`.
 *
 * @throws EntraError 900144, 90011
 */
export function presentedCredential({ headers }: TenantRequest, form: Form): Presented {
  const basic = /^basic\s+([a-z0-9+/=]+)$/i.exec(headers.authorization ?? '')?.[1]
  if (basic !== undefined && form.get('client_assertion') === undefined) {
    const [id = '', ...secret] = Buffer.from(basic, 'base64').toString().split(':')
    return {
      clientId: formDecoded(id),
      secret: formDecoded(secret.join(':')) || undefined,
      assertion: undefined,
    }
  }
  const clientId = form.require('client_id')
  const assertion = form.get('client_assertion')
  if (assertion !== undefined && form.require('client_assertion_type') !== JWT_BEARER) {
    throw new EntraError(400, 'invalid_request', 90011, 'Unexpected client assertion type.', clientId)
  }
  return { clientId, secret: form.get('client_secret'), assertion }
}

/** The parts of a Basic header are form-encoded first (RFC 6749 section 2.3.1); a lone `%` stays what it is. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** @throws EntraError 700038, 7000112, 700016 */
export function findClient(
  clientId: string,
  { directory, tenantName }: Pick<TokenDeps, 'directory' | 'tenantName'>,
): KnownClient {
  if (!isGuid(clientId) || /^[0-]+$/.test(clientId)) {
    throw new EntraError(
      400,
      'unauthorized_client',
      700038,
      `${clientId} is not a valid application identifier.`,
    )
  }
  const client = directory.applicationOf(clientId)
  const principal = directory.servicePrincipalOf(clientId)
  if (client !== undefined && principal !== undefined) {
    if (principal.accountEnabled) return { client: withCredentialsOf(client, principal), principal }
    const message = `Application '${clientId}'(${client.displayName}) is disabled.`
    throw new EntraError(400, 'unauthorized_client', 7000112, message, clientId)
  }
  throw new EntraError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    clientId,
  )
}

/** The credentials of the service principal prove its client as well as those of the application. */
function withCredentialsOf(client: Application, principal: ServicePrincipal): Application {
  const { passwordCredentials = [], keyCredentials = [] } = principal
  if (passwordCredentials.length === 0 && keyCredentials.length === 0) return client
  return {
    ...client,
    passwordCredentials: [...client.passwordCredentials, ...passwordCredentials],
    keyCredentials: [...client.keyCredentials, ...keyCredentials],
  }
}

/** @throws EntraError 7000218, 700025, and those of secret and assertion */
export async function authenticateClient(
  client: Application,
  { secret, assertion }: Presented,
  realm: Realm,
  deps: TokenDeps,
): Promise<ClientProof> {
  const { clock, settings, replays } = deps
  const { appId } = client
  if (secret === undefined && assertion === undefined) {
    throw new EntraError(
      401,
      'invalid_client',
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      appId,
    )
  }
  if (client.isFallbackPublicClient) {
    throw new EntraError(
      401,
      'invalid_client',
      700025,
      "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
      appId,
    )
  }
  if (assertion !== undefined) {
    const { length } = client.federatedCredentials
    if (length > 0 && (await checkFederated(assertion, client, deps))) return 'certificate'
    const { legacyThumbprintsOnly, refuseReplays } = settings.get()
    const strict = refuseReplays ? { replays } : {}
    checkAssertion(assertion, {
      client,
      audiences: realm.audiences,
      clock,
      legacyThumbprintsOnly,
      ...strict,
    })
    return 'certificate'
  }
  if (secret !== undefined) checkSecret(client, secret, clock)
  return 'secret'
}
