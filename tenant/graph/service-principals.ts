/** /servicePrincipals: an application's presence in the tenant. */
import type { ServicePrincipal } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { newServicePrincipal } from '../seed/applications.ts'
import { removeServicePrincipal } from './applications.ts'
import { assignmentsOf } from './assignment-view.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, denied, GraphError, notFound } from './errors.ts'
import { type Expandable, entityAnswer, listAnswer } from './query.ts'

const READERS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Application.ReadWrite.OwnedBy',
  'Directory.Read.All',
]

export function listServicePrincipals(context: GraphContext): Answer {
  context.allow(...READERS)
  const all = context.listed.servicePrincipals.all()
  return listAnswer(
    context,
    'servicePrincipals',
    all.map((principal) => shown(context, principal)),
    expandable(context),
  )
}

/** What `$expand` can add to a service principal. */
function expandable(context: GraphContext): Expandable {
  return {
    appRoleAssignments: ({ id }) => assignmentsOf(context, 'principalId', String(id)),
    appRoleAssignedTo: ({ id }) => assignmentsOf(context, 'resourceId', String(id)),
  }
}

export function getServicePrincipal(context: GraphContext): Answer {
  context.allow(...READERS)
  const principal = shown(context, findServicePrincipal(context))
  return entityAnswer(200, context, 'servicePrincipals', principal, expandable(context))
}

export async function createServicePrincipal(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { directory, request, caller } = context
  const { appId, appRoleAssignmentRequired = false } = await readJson(request)
  if (typeof appId !== 'string')
    throw badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.")
  const application = directory.applicationOf(appId)
  if (application === undefined) {
    const message = `The appId '${appId}' of the service principal does not reference a valid application object.`
    throw new GraphError(400, 'Request_BadRequest', message, [
      { code: 'NoBackingApplicationObject', message },
    ])
  }
  const ownsOnly = !context.holds('Application.ReadWrite.All')
  if (ownsOnly && !application.owners.includes(caller.oid)) throw denied()
  if (directory.servicePrincipalOf(appId) !== undefined) {
    throw new GraphError(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    )
  }
  if (typeof appRoleAssignmentRequired !== 'boolean') throw invalid('appRoleAssignmentRequired')
  // Who may manage only what it owns becomes the owner of what it makes.
  const owners = ownsOnly ? [caller.oid] : []
  const principal = { ...newServicePrincipal(application), appRoleAssignmentRequired, owners }
  const answer = entityAnswer(201, context, 'servicePrincipals', shown(context, principal))
  directory.servicePrincipals.put(principal)
  return answer
}

export async function updateServicePrincipal(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All')
  const present = findServicePrincipal(context)
  const {
    appRoleAssignmentRequired = present.appRoleAssignmentRequired,
    accountEnabled = present.accountEnabled,
    ...others
  } = await readJson(context.request)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw badRequest(`Invalid property '${unknown}'.`)
  if (typeof appRoleAssignmentRequired !== 'boolean') throw invalid('appRoleAssignmentRequired')
  if (typeof accountEnabled !== 'boolean') throw invalid('accountEnabled')
  context.directory.servicePrincipals.put({ ...present, appRoleAssignmentRequired, accountEnabled })
  return { status: 204 }
}

export function deleteServicePrincipal(context: GraphContext): Answer {
  const { id } = findManagedPrincipal(context)
  context.deps.store.transaction(() => removeServicePrincipal(context, id))
  return { status: 204 }
}

/** By object id, or by `servicePrincipals(appId='…')`. @throws GraphError 404 */
export function findServicePrincipal({ directory, request }: GraphContext): ServicePrincipal {
  const { id, appId } = request.params
  const found =
    id === undefined
      ? directory.servicePrincipalOf(appId ?? '')
      : directory.servicePrincipals.get(id.toLowerCase())
  if (found === undefined) throw notFound(id ?? appId ?? '')
  return found
}

/** A service principal that the caller may change. @throws GraphError 403, 404 */
export function findManagedPrincipal(context: GraphContext): ServicePrincipal {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const principal = findServicePrincipal(context)
  if (context.holds('Application.ReadWrite.All') || principal.owners.includes(context.caller.oid))
    return principal
  throw denied()
}

/** Roles and scopes are those of the application: the service principal repeats them. */
function shown({ directory }: GraphContext, principal: ServicePrincipal): Json {
  const { owners: _, ...entity } = principal
  const application = directory.applicationOf(principal.appId)
  return {
    ...entity,
    servicePrincipalType: 'Application',
    appRoles: application?.appRoles ?? [],
    oauth2PermissionScopes: application?.api.oauth2PermissionScopes ?? [],
    servicePrincipalNames: [...(application?.identifierUris ?? []), principal.appId],
    // Those of the application are its own; the tenant keeps none with a service principal.
    keyCredentials: [],
    passwordCredentials: [],
  }
}

function invalid(name: string): GraphError {
  return badRequest(`Invalid value specified for property '${name}' of resource 'ServicePrincipal'.`)
}
