/** /servicePrincipals: an application's presence in the tenant. */
import type { Application, ServicePrincipal } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { newServicePrincipal } from '../seed/applications.ts'
import { assertLifetime } from './app-policy.ts'
import { removeServicePrincipal } from './applications.ts'
import { assignmentsOf } from './assignment-view.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, denied, GraphError, notFound } from './errors.ts'
import { changedKeys } from './key-credentials.ts'
import { type Expandable, entityAnswer, listAnswer } from './query.ts'
import { readServicePrincipal } from './service-principal-body.ts'
import { shownKeyCredentials, shownPasswordCredentials } from './shown-credentials.ts'

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
    all.map((principal) => shownPrincipal(context, principal)),
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
  const principal = shownPrincipal(context, findServicePrincipal(context))
  return entityAnswer(200, context, 'servicePrincipals', principal, expandable(context))
}

/** One member, by its own address. */
export function listRolesOf(context: GraphContext): Answer {
  return listOf(context, 'appRoles', ({ appRoles }) => appRoles)
}

export function listScopesOf(context: GraphContext): Answer {
  return listOf(context, 'oauth2PermissionScopes', ({ api }) => api.oauth2PermissionScopes)
}

function listOf(
  context: GraphContext,
  member: string,
  entriesOf: (application: Application) => readonly object[],
): Answer {
  context.allow(...READERS)
  const { id, appId } = findServicePrincipal(context)
  const application = context.directory.applicationOf(appId)
  const entries = application ? entriesOf(application) : []
  return listAnswer(
    context,
    `servicePrincipals('${id}')/${member}`,
    entries.map((entry) => ({ ...entry })),
  )
}

export async function createServicePrincipal(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { directory, request, caller } = context
  const { appId, ...members } = await readJson(request)
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
  // Who may manage only what it owns becomes the owner of what it makes.
  const owners = ownsOnly ? [caller.oid] : []
  const principal = { ...newServicePrincipal(application), ...readServicePrincipal(members), owners }
  assertLifetime(context.deps, 'keyCredentials', principal.keyCredentials ?? [])
  const answer = entityAnswer(201, context, 'servicePrincipals', shownPrincipal(context, principal))
  directory.servicePrincipals.put(principal)
  return answer
}

export async function updateServicePrincipal(context: GraphContext): Promise<Answer> {
  findManagedPrincipal(context)
  const body = await readJson(context.request)
  // Again: another call may have changed or removed it while the body came.
  const present = findManagedPrincipal(context)
  const principal = { ...present, ...readServicePrincipal(body, present) }
  assertLifetime(
    context.deps,
    'keyCredentials',
    changedKeys(principal.keyCredentials ?? [], present.keyCredentials ?? []),
  )
  context.directory.servicePrincipals.put(principal)
  return { status: 204 }
}

export function deleteServicePrincipal(context: GraphContext): Answer {
  const principal = findManagedPrincipal(context)
  context.deps.store.transaction(() => removeServicePrincipal(context, principal))
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
export function shownPrincipal(context: GraphContext, principal: ServicePrincipal): Json {
  const { owners: _, passwordCredentials = [], keyCredentials = [], others, ...entity } = principal
  const application = context.directory.applicationOf(principal.appId)
  return {
    ...entity,
    ...others,
    servicePrincipalType: 'Application',
    appRoles: application?.appRoles ?? [],
    oauth2PermissionScopes: application?.api.oauth2PermissionScopes ?? [],
    servicePrincipalNames: [...(application?.identifierUris ?? []), principal.appId],
    // Those of the application are its own.
    keyCredentials: shownKeyCredentials(context, keyCredentials),
    passwordCredentials: shownPasswordCredentials(passwordCredentials),
  }
}
