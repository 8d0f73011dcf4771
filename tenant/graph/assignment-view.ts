import type { AppRoleAssignment } from '../directory.ts'
import { usersIn } from '../users.ts'
import type { GraphContext, Json } from './context.ts'

/** The assignments of a service principal or a user, as the client's side or the resource's. */
export function assignmentsOf(context: GraphContext, side: 'principalId' | 'resourceId', id: string): Json[] {
  const found = context.listed.appRoleAssignments.all().filter((assignment) => assignment[side] === id)
  return found.map((assignment) => shownAssignment(context, assignment))
}

/** An assignment with the names of both sides, as Graph shows it. */
export function shownAssignment(context: GraphContext, assignment: AppRoleAssignment): Json {
  const principal = principalOf(context, assignment.principalId)
  return {
    ...assignment,
    principalDisplayName: principal?.displayName ?? null,
    principalType: principal?.type ?? 'ServicePrincipal',
    resourceDisplayName: context.directory.servicePrincipals.get(assignment.resourceId)?.displayName ?? null,
  }
}

/** Who can be assigned: a service principal, or a user. */
export function principalOf({ directory, deps }: GraphContext, id: string) {
  const client = directory.servicePrincipals.get(id)
  if (client !== undefined) return { displayName: client.displayName, type: 'ServicePrincipal' as const }
  const user = usersIn(deps.store).get(id)
  return user && { displayName: user.displayName, type: 'User' as const }
}
