/**
 * The managed identity endpoint in its App Service shape, over plain HTTP as there.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
import type { Clock } from '../clock.ts'
import { isSameText } from '../credentials.ts'
import type { Directory } from '../directory.ts'
import { type Answer, json, type TenantRequest } from '../http/exchange.ts'
import { issueAppToken, v1Issuer } from '../issuer/claims.ts'
import type { KeyRing } from '../issuer/keys.ts'

export interface ManagedIdentityDeps {
  readonly directory: Directory
  readonly keys: KeyRing
  readonly clock: Clock
  readonly tenantId: string
  /** The secret that the environment hands to the app as IDENTITY_HEADER. */
  readonly header: string
  readonly appId: string
}

/** `GET ?api-version=2019-08-01&resource=…` with the header `X-IDENTITY-HEADER`. */
export async function answerManagedIdentity(
  request: TenantRequest,
  deps: ManagedIdentityDeps,
): Promise<Answer> {
  const { directory, keys, clock, tenantId, appId } = deps
  const { headers, query } = request
  const shown = headers['x-identity-header']
  if (typeof shown !== 'string' || !isSameText(shown, deps.header)) {
    return refused(401, 'The X-IDENTITY-HEADER is missing or wrong.')
  }
  if (query.get('api-version') !== '2019-08-01') return refused(400, 'api-version must be 2019-08-01.')
  const resourceUri = query.get('resource') ?? ''
  const asked = query.get('client_id')
  const principal = directory.servicePrincipalOf(appId)
  if ((asked !== null && asked.toLowerCase() !== appId) || principal === undefined) {
    return refused(400, 'No User Assigned or Delegated Managed Identity found for specified ClientId.')
  }
  const resource = directory.resourceNamed(resourceUri)
  if (resource === undefined || directory.servicePrincipalOf(resource.appId) === undefined) {
    return refused(
      400,
      `AADSTS500011: The resource principal named ${resourceUri} was not found in the tenant named ${tenantId}.`,
    )
  }
  const { token, expiresIn } = issueAppToken(
    {
      tenantId,
      issuer: v1Issuer(tenantId),
      client: principal,
      principal,
      proof: 'certificate',
      resource,
      resourceUri,
      roles: directory.rolesOf(principal, resource),
      now: clock.seconds(),
    },
    keys.active(),
  )
  const body = {
    access_token: token,
    expires_on: String(clock.seconds() + expiresIn),
    resource: resourceUri,
    token_type: 'Bearer',
    client_id: appId,
  }
  return { ...json(200, body, { 'cache-control': 'no-store' }), note: { clientId: appId } }
}

/** A refusal in App Service's shape. */
export function refused(status: number, message: string): Answer {
  return { ...json(status, { statusCode: status, message }), note: { reason: message } }
}
