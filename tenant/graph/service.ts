import type { TenantRequest } from '../http/exchange.ts'
import type { Service } from '../http/listen.ts'
import { type Route, route } from '../http/router.ts'
import { getAppPolicy, updateAppPolicy } from './app-policy.ts'
import { applicationRoutes, type GraphHandler } from './application-routes.ts'
import {
  createAssignment,
  createUserAssignment,
  deleteAssignment,
  deleteUserAssignment,
  listAppRoleAssignedTo,
  listAppRoleAssignments,
  listUserAssignments,
} from './assignments.ts'
import { type GraphDeps, openContext } from './context.ts'
import {
  getDeleted,
  listDeletedApplications,
  listDeletedServicePrincipals,
  purgeDeleted,
} from './deleted-items.ts'
import { answerGraphError, badRequest, clientRequestId, GraphError } from './errors.ts'
import { createGrant, deleteGrant, listGrants, updateGrant } from './grants.ts'
import { listSubscriptions, listTenants, managementNotFound } from './management.ts'
import { myOwnedObjects, principalOwnedObjects, userOwnedObjects } from './owned-objects.ts'
import { principalOwners } from './owners.ts'
import { principalPasswords } from './password-credentials.ts'
import { getMe, getUser, listOrganization, listUsers } from './people.ts'
import {
  createServicePrincipal,
  deleteServicePrincipal,
  getServicePrincipal,
  listRolesOf,
  listScopesOf,
  listServicePrincipals,
  updateServicePrincipal,
} from './service-principals.ts'

/** Microsoft Graph, as far as app registrations need it: what graph.microsoft.com answers. */
export function graphService(deps: GraphDeps): Service {
  // The caller's own tenant may be named: the CLI for Microsoft 365 does.
  const at = (method: string, path: string, handler: GraphHandler): Route =>
    route(method, `/v1.0/[myorganization/]${path}`, async (request: TenantRequest) =>
      handler(await openContext(request, deps)),
    )
  /** By object id, and by app id. */
  const onEach = (kind: string, method: string, path: string, handler: GraphHandler): Route[] => [
    at(method, `${kind}(appId=':appId')${path}`, handler),
    at(method, `${kind}/:id${path}`, handler),
  ]
  const onApplication = (method: string, path: string, handler: GraphHandler) =>
    onEach('applications', method, path, handler)
  const onPrincipal = (method: string, path: string, handler: GraphHandler) =>
    onEach('servicePrincipals', method, path, handler)
  return {
    name: 'graph',
    routes: [
      ...applicationRoutes(at, onApplication),
      at('GET', 'servicePrincipals', listServicePrincipals),
      at('POST', 'servicePrincipals', createServicePrincipal),
      ...onPrincipal('GET', '', getServicePrincipal),
      ...onPrincipal('PATCH', '', updateServicePrincipal),
      ...onPrincipal('DELETE', '', deleteServicePrincipal),
      ...onPrincipal('GET', '/appRoles', listRolesOf),
      ...onPrincipal('GET', '/oauth2PermissionScopes', listScopesOf),
      ...onPrincipal('POST', '/addPassword', principalPasswords.add),
      ...onPrincipal('POST', '/removePassword', principalPasswords.remove),
      ...onPrincipal('GET', '/ownedObjects', principalOwnedObjects),
      ...onPrincipal('GET', '/owners', principalOwners.list),
      ...onPrincipal('POST', '/owners/$ref', principalOwners.add),
      ...onPrincipal('DELETE', '/owners/:owner/$ref', principalOwners.remove),
      ...onPrincipal('GET', '/appRoleAssignments', listAppRoleAssignments),
      ...onPrincipal('POST', '/appRoleAssignments', createAssignment),
      ...onPrincipal('DELETE', '/appRoleAssignments/:assignment', deleteAssignment),
      ...onPrincipal('GET', '/appRoleAssignedTo', listAppRoleAssignedTo),
      ...onPrincipal('POST', '/appRoleAssignedTo', createAssignment),
      ...onPrincipal('DELETE', '/appRoleAssignedTo/:assignment', deleteAssignment),
      at('GET', 'directory/deletedItems/microsoft.graph.application', listDeletedApplications),
      at('GET', 'directory/deletedItems/microsoft.graph.servicePrincipal', listDeletedServicePrincipals),
      at('GET', 'directory/deletedItems/:id', getDeleted),
      at('DELETE', 'directory/deletedItems/:id', purgeDeleted),
      at('GET', 'policies/defaultAppManagementPolicy', getAppPolicy),
      at('PATCH', 'policies/defaultAppManagementPolicy', updateAppPolicy),
      at('GET', 'oauth2PermissionGrants', listGrants),
      at('POST', 'oauth2PermissionGrants', createGrant),
      at('PATCH', 'oauth2PermissionGrants/:id', updateGrant),
      at('DELETE', 'oauth2PermissionGrants/:id', deleteGrant),
      route('GET', '/subscriptions', (request) => listSubscriptions(request, deps)),
      route('GET', '/tenants', (request) => listTenants(request, deps)),
      at('GET', 'organization', listOrganization),
      at('GET', 'me', getMe),
      at('GET', 'me/ownedObjects', myOwnedObjects),
      at('GET', 'users', listUsers),
      at('GET', 'users/:id', getUser),
      at('GET', 'users/:id/ownedObjects', userOwnedObjects),
      at('GET', 'users/:id/appRoleAssignments', listUserAssignments),
      at('POST', 'users/:id/appRoleAssignments', createUserAssignment),
      at('DELETE', 'users/:id/appRoleAssignments/:assignment', deleteUserAssignment),
    ],
    answerError: (error, request) => answerGraphError(error, request, deps.clock),
    answerUnrouted: (request, allow) =>
      managementNotFound(request) ?? answerGraphError(unrouted(request, allow), request, deps.clock),
    headers: (request) => ({
      'cache-control': 'no-cache',
      'request-id': request.id,
      'client-request-id': clientRequestId(request),
      'odata-version': '4.0',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
    }),
  }
}

/** What no route takes. */
function unrouted({ path }: TenantRequest, allow: readonly string[]): GraphError {
  if (allow.length > 0)
    return new GraphError(
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
    )
  if (path.startsWith('/beta/'))
    return badRequest('The local tenant has v1.0 of Microsoft Graph, and not beta.')
  return badRequest(`Resource not found for the segment '${path.split('/').at(-1)}'.`)
}
