/** App role assignments: admin consent for application permissions, and the roles of users. */
import { randomUUID } from 'node:crypto'
import { type AppRole, type AppRoleAssignment, DEFAULT_ACCESS } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { assignmentsOf, principalOf, shownAssignment } from './assignment-view.ts'
import { type GraphContext, isGuid, type Json, readJson } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { findUser } from './people.ts'
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

/** What a user was given. */
export function listUserAssignments(context: GraphContext): Answer {
  return listAssignments(context, 'principalId', findUser)
}

type Find = (context: GraphContext) => { readonly id: string }

function listAssignments(
  context: GraphContext,
  side: 'principalId' | 'resourceId',
  find: Find = findServicePrincipal,
): Answer {
  context.allow(...READERS)
  return listAnswer(context, 'appRoleAssignments', assignmentsOf(context, side, find(context).id))
}

export function createUserAssignment(context: GraphContext): Promise<Answer> {
  return createAssignment(context, findUser)
}

/** From the client's side or from the resource's: the same. */
export async function createAssignment(
  context: GraphContext,
  find: Find = findServicePrincipal,
): Promise<Answer> {
  context.allow('AppRoleAssignment.ReadWrite.All')
  const { directory, request, deps } = context
  const { id } = find(context)
  const body = await readJson(request)
  const [principalId = '', resourceId = '', appRoleId = ''] = ['principalId', 'resourceId', 'appRoleId'].map(
    (name) => idIn(body, name),
  )
  if (principalId !== id && resourceId !== id)
    throw badRequest('The assignment does not name this service principal.')
  const principal = principalOf(context, principalId)
  const resource = directory.servicePrincipals.get(resourceId)
  if (principal === undefined) throw notFound(principalId)
  if (resource === undefined) throw notFound(resourceId)
  const roles = directory.applicationOf(resource.appId)?.appRoles ?? []
  if (!isAssignable(appRoleId, roles, principal.type)) {
    throw badRequest('Permission being assigned was not found on application.')
  }
  const isThere = directory.appRoleAssignments
    .all()
    .some(
      (entry) =>
        entry.principalId === principalId && entry.resourceId === resourceId && entry.appRoleId === appRoleId,
    )
  if (isThere) throw badRequest('Permission being assigned already exists on the object.')
  const createdDateTime = deps.clock.now().toISOString()
  const assignment: AppRoleAssignment = {
    id: randomUUID(),
    principalId,
    resourceId,
    appRoleId,
    createdDateTime,
  }
  const answer = entityAnswer(201, context, 'appRoleAssignments', shownAssignment(context, assignment))
  directory.appRoleAssignments.put(assignment)
  return answer
}

/** A role that is enabled, for this kind of principal; or default access, where the resource has no role for it. */
function isAssignable(
  appRoleId: string,
  roles: readonly AppRole[],
  type: 'ServicePrincipal' | 'User',
): boolean {
  const wanted = type === 'User' ? 'User' : 'Application'
  const offered = roles.filter(
    ({ isEnabled, allowedMemberTypes }) => isEnabled && allowedMemberTypes.includes(wanted),
  )
  if (appRoleId === DEFAULT_ACCESS) return offered.length === 0
  return offered.some(({ id }) => id === appRoleId)
}

export function deleteUserAssignment(context: GraphContext): Answer {
  return deleteAssignment(context, findUser)
}

export function deleteAssignment(context: GraphContext, find: Find = findServicePrincipal): Answer {
  context.allow('AppRoleAssignment.ReadWrite.All')
  const { id } = find(context)
  const { assignment: wanted = '' } = context.request.params
  const found = context.directory.appRoleAssignments.get(wanted)
  if (found === undefined || (found.principalId !== id && found.resourceId !== id)) throw notFound(wanted)
  context.directory.appRoleAssignments.delete(found.id)
  return { status: 204 }
}

/** An object id in a body, in lower case. @throws GraphError 400 */
export function idIn(body: Json, name: string): string {
  const value = body[name]
  if (isGuid(value)) return value.toLowerCase()
  throw badRequest(`Invalid value specified for property '${name}'.`)
}
