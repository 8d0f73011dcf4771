/** App role assignments (admin consent for application permissions) and permission grants (for delegated ones). */
import { randomUUID } from 'node:crypto'
import type { AppRoleAssignment, PermissionGrant } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'
import { findServicePrincipal } from './service-principals.ts'

const READERS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'AppRoleAssignment.ReadWrite.All',
]

/** What a client was given. */
export function listAppRoleAssignments(context: GraphContext): Answer {
  return listAssignments(context, 'principalId')
}

/** Who was given roles of a resource. */
export function listAppRoleAssignedTo(context: GraphContext): Answer {
  return listAssignments(context, 'resourceId')
}

function listAssignments(context: GraphContext, side: 'principalId' | 'resourceId'): Answer {
  context.allow(...READERS)
  const { id } = findServicePrincipal(context)
  const found = context.listed.appRoleAssignments.all().filter((assignment) => assignment[side] === id)
  return listAnswer(
    context,
    'appRoleAssignments',
    found.map((assignment) => shown(context, assignment)),
  )
}

/** From the client's side or from the resource's: the same. */
export async function createAssignment(context: GraphContext): Promise<Answer> {
  context.allow('AppRoleAssignment.ReadWrite.All')
  const { directory, request, deps } = context
  const { id } = findServicePrincipal(context)
  const body = await readJson(request)
  const [principalId, resourceId, appRoleId] = ['principalId', 'resourceId', 'appRoleId'].map((name) =>
    idIn(body, name),
  )
  if (principalId !== id && resourceId !== id)
    throw badRequest('The assignment does not name this service principal.')
  const client = directory.servicePrincipals.get(principalId ?? '')
  const resource = directory.servicePrincipals.get(resourceId ?? '')
  if (client === undefined) throw notFound(principalId ?? '')
  if (resource === undefined) throw notFound(resourceId ?? '')
  const role = directory.applicationOf(resource.appId)?.appRoles.find((entry) => entry.id === appRoleId)
  if (role === undefined || !role.isEnabled || !role.allowedMemberTypes.includes('Application')) {
    throw badRequest('Permission being assigned was not found on application.')
  }
  const isThere = directory.appRoleAssignments
    .all()
    .some(
      (entry) =>
        entry.principalId === client.id && entry.resourceId === resource.id && entry.appRoleId === role.id,
    )
  if (isThere) throw badRequest('Permission being assigned already exists on the object.')
  const assignment: AppRoleAssignment = {
    id: randomUUID(),
    principalId: client.id,
    resourceId: resource.id,
    appRoleId: role.id,
    createdDateTime: deps.clock.now().toISOString(),
  }
  directory.appRoleAssignments.put(assignment)
  return entityAnswer(201, context, 'appRoleAssignments', shown(context, assignment))
}

export function deleteAssignment(context: GraphContext): Answer {
  context.allow('AppRoleAssignment.ReadWrite.All')
  const { id } = findServicePrincipal(context)
  const { assignment: wanted = '' } = context.request.params
  const found = context.directory.appRoleAssignments.get(wanted)
  if (found === undefined || (found.principalId !== id && found.resourceId !== id)) throw notFound(wanted)
  context.directory.appRoleAssignments.delete(found.id)
  return { status: 204 }
}

function shown({ directory }: GraphContext, assignment: AppRoleAssignment): Json {
  const nameOf = (id: string) => directory.servicePrincipals.get(id)?.displayName ?? null
  return {
    ...assignment,
    principalDisplayName: nameOf(assignment.principalId),
    principalType: 'ServicePrincipal',
    resourceDisplayName: nameOf(assignment.resourceId),
  }
}

export function listGrants(context: GraphContext): Answer {
  context.allow('DelegatedPermissionGrant.ReadWrite.All', 'Directory.Read.All')
  return listAnswer(
    context,
    'oauth2PermissionGrants',
    context.listed.grants.all().map((grant) => ({ ...grant })),
  )
}

export async function createGrant(context: GraphContext): Promise<Answer> {
  context.allow('DelegatedPermissionGrant.ReadWrite.All')
  const { directory } = context
  const body = await readJson(context.request)
  const { consentType, scope, principalId = null } = body
  if (consentType !== 'AllPrincipals' && consentType !== 'Principal')
    throw badRequest("Invalid value specified for property 'consentType'.")
  if (typeof scope !== 'string') throw badRequest("Invalid value specified for property 'scope'.")
  if (consentType === 'Principal' && typeof principalId !== 'string')
    throw badRequest("A value is required for property 'principalId'.")
  const [clientId = '', resourceId = ''] = ['clientId', 'resourceId'].map((name) => idIn(body, name))
  for (const id of [clientId, resourceId])
    if (directory.servicePrincipals.get(id) === undefined) throw notFound(id)
  const forWhom = consentType === 'Principal' ? String(principalId) : null
  const isThere = directory.grants
    .all()
    .some(
      (grant) =>
        grant.clientId === clientId && grant.resourceId === resourceId && grant.principalId === forWhom,
    )
  if (isThere) throw badRequest('Permission entry already exists.')
  const grant: PermissionGrant = {
    id: randomUUID(),
    clientId,
    consentType,
    principalId: forWhom,
    resourceId,
    scope: scope.trim(),
  }
  directory.grants.put(grant)
  return entityAnswer(201, context, 'oauth2PermissionGrants', { ...grant })
}

export async function updateGrant(context: GraphContext): Promise<Answer> {
  context.allow('DelegatedPermissionGrant.ReadWrite.All')
  const grant = findGrant(context)
  const { scope } = await readJson(context.request)
  if (typeof scope !== 'string') throw badRequest("Invalid value specified for property 'scope'.")
  context.directory.grants.put({ ...grant, scope: scope.trim() })
  return { status: 204 }
}

export function deleteGrant(context: GraphContext): Answer {
  context.allow('DelegatedPermissionGrant.ReadWrite.All')
  context.directory.grants.delete(findGrant(context).id)
  return { status: 204 }
}

function findGrant({ directory, request }: GraphContext): PermissionGrant {
  const { id = '' } = request.params
  const grant = directory.grants.get(id)
  if (grant === undefined) throw notFound(id)
  return grant
}

function idIn(body: Json, name: string): string {
  const value = body[name]
  if (typeof value === 'string' && /^[0-9a-f-]{36}$/i.test(value)) return value.toLowerCase()
  throw badRequest(`Invalid value specified for property '${name}'.`)
}
