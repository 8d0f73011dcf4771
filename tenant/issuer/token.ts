/**
 * `POST /{tenant}/oauth2/v2.0/token`: a list of steps in Entra's order, each of which throws one precise error.
 */
import type { Clock } from '../clock.ts'
import type { Application, Directory, ServicePrincipal } from '../directory.ts'
import { type Answer, json, type TenantRequest } from '../http/exchange.ts'
import type { Settings } from '../settings.ts'
import { checkAssertion } from './assertion.ts'
import { type ClientProof, issueAppToken } from './claims.ts'
import { EntraError } from './errors.ts'
import { type Form, readForm } from './form.ts'
import type { KeyRing } from './keys.ts'
import { isGuid, type Realm } from './realm.ts'
import type { ReplayGuard } from './replays.ts'
import { resourceScope } from './scope.ts'
import { checkSecret } from './secret.ts'

export interface TokenDeps {
  readonly directory: Directory
  readonly keys: KeyRing
  readonly clock: Clock
  readonly settings: Settings
  readonly replays: ReplayGuard
  /** The tenant's name, as messages show it. */
  readonly tenantName: string
}

/** Answers one token request. */
export async function answerToken(request: TenantRequest, realm: Realm, deps: TokenDeps): Promise<Answer> {
  const form = await readForm(request)
  const grantType = form.require('grant_type')
  if (grantType !== 'client_credentials') {
    throw new EntraError(
      400,
      'unsupported_grant_type',
      70003,
      `The app requested an unsupported grant type '${grantType}'.`,
    )
  }
  return clientCredentials(request, form, realm, deps)
}

/** RFC 6749 section 4.4. */
async function clientCredentials(
  request: TenantRequest,
  form: Form,
  realm: Realm,
  deps: TokenDeps,
): Promise<Answer> {
  const presented = presentedCredential(request, form)
  const scope = form.require('scope').trim()
  assertOneTenant(realm)
  const { client, principal } = findClient(presented.clientId, deps)
  const proof = await authenticateClient(client, presented, realm, deps)
  const { resource, uri } = resourceScope(scope, deps.directory, deps.tenantName, client.appId)
  const roles = assignedRoles(client, principal, resource, deps.directory)
  const { tenantId, issuer } = realm
  const now = deps.clock.seconds()
  const spec = { tenantId, issuer, client, principal, proof, resource, resourceUri: uri, roles, now }
  const { token, expiresIn } = await issueAppToken(spec, deps.keys.active())
  return {
    ...json(200, {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      access_token: token,
    }),
    note: { clientId: client.appId },
  }
}

interface Presented {
  readonly clientId: string
  readonly secret: string | undefined
  readonly assertion: string | undefined
}

/** `client_secret_post`, `client_secret_basic` (RFC 6749 section 2.3.1) or `private_key_jwt`. */
function presentedCredential({ headers }: TenantRequest, form: Form): Presented {
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
  if (assertion !== undefined) form.require('client_assertion_type')
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

/** An app has no home but its tenant: `common` can not tell whose it is. */
function assertOneTenant({ multiTenant }: Realm): void {
  if (!multiTenant) return
  throw new EntraError(
    400,
    'invalid_request',
    50059,
    'No tenant-identifying information found in either the request or implied by any provided credentials.',
  )
}

/** @throws EntraError 700038, 700016 */
export function findClient(clientId: string, { directory, tenantName }: TokenDeps) {
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
  if (client !== undefined && principal !== undefined) return { client, principal }
  throw new EntraError(
    400,
    'unauthorized_client',
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    clientId,
  )
}

/** @throws EntraError 7000218, 700025, and those of secret and assertion */
async function authenticateClient(
  client: Application,
  { secret, assertion }: Presented,
  realm: Realm,
  { clock, settings, replays }: TokenDeps,
): Promise<ClientProof> {
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
    const { legacyThumbprintsOnly, refuseReplays } = settings.get()
    const strict = refuseReplays ? { replays } : {}
    await checkAssertion(assertion, {
      client,
      audiences: audiencesOf(realm),
      clock,
      legacyThumbprintsOnly,
      ...strict,
    })
    return 'certificate'
  }
  if (secret !== undefined) checkSecret(client, secret, clock)
  return 'secret'
}

/** The token endpoint, by the tenant's id and by the name in the path, in its v2.0 and v1.0 forms; and the issuer. */
function audiencesOf({ origin, tenant, tenantId, issuer }: Realm): string[] {
  const paths = [tenant, tenantId].flatMap((name) => [`/${name}/oauth2/v2.0/token`, `/${name}/oauth2/token`])
  return [...paths.map((path) => origin + path), issuer]
}

/** Without a role there is a token all the same, one without `roles`, unless the resource asks for an assignment. */
function assignedRoles(
  client: Application,
  principal: ServicePrincipal,
  resource: Application,
  directory: Directory,
): string[] {
  const roles = directory.rolesOf(principal, resource)
  const required = directory.servicePrincipalOf(resource.appId)?.appRoleAssignmentRequired ?? false
  if (roles.length > 0 || !required) return roles
  throw new EntraError(
    400,
    'invalid_grant',
    501051,
    `Application '${client.appId}'(${client.displayName}) is not assigned to a role for the application '${resource.appId}'(${resource.displayName}).`,
    client.appId,
  )
}
