/** The client credentials grant (RFC 6749 section 4.4). */
import type { Application, Directory, ServicePrincipal } from '../directory.ts'
import { type Answer, jsonText, type TenantRequest } from '../http/exchange.ts'
import { issueAppToken, versionOf } from './claims.ts'
import { authenticateClient, findClient, presentedCredential } from './client-authentication.ts'
import { EntraError } from './errors.ts'
import type { Form } from './form.ts'
import { signingKeyFor } from './keys.ts'
import type { Realm } from './realm.ts'
import { resourceScope } from './scope.ts'
import type { TokenDeps } from './token.ts'

/** A list of steps, in Entra's order. */
export async function clientCredentials(
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
  const key = await signingKeyFor(versionOf(resource), realm, deps)
  const { token, expiresIn } = issueAppToken(spec, key)
  return {
    // Numbers and base64url: nothing that JSON escapes, and it looks at each character for that.
    ...jsonText(
      200,
      `{"token_type":"Bearer","expires_in":${expiresIn},"ext_expires_in":${expiresIn},"access_token":"${token}"}`,
    ),
    note: { clientId: client.appId },
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

/** Without a role there is a token all the same, one without `roles`, unless the resource asks for an assignment. */
function assignedRoles(
  client: Application,
  principal: ServicePrincipal,
  resource: Application,
  directory: Directory,
): string[] {
  const roles = directory.rolesOf(principal, resource)
  if (directory.mayUse(principal, resource)) return roles
  throw new EntraError(
    400,
    'invalid_grant',
    501051,
    `Application '${client.appId}'(${client.displayName}) is not assigned to a role for the application '${resource.appId}'(${resource.displayName}).`,
    client.appId,
  )
}
