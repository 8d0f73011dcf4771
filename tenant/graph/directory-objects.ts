import { usersIn } from '../users.ts'
import type { GraphContext, Json } from './context.ts'

/** The owners of an object; one that is gone since is left out. */
export function ownersOf(context: GraphContext, ids: readonly string[]): Json[] {
  return ids.map((id) => directoryObject(context, id)).filter((entry) => entry !== undefined)
}

/** A user or a service principal, by its object id. */
export function directoryObject({ directory, deps }: GraphContext, id: string): Json | undefined {
  const principal = directory.servicePrincipals.get(id)
  if (principal !== undefined) {
    const { appId, displayName } = principal
    return { '@odata.type': '#microsoft.graph.servicePrincipal', id, appId, displayName }
  }
  const user = usersIn(deps.store).get(id)
  if (user === undefined) return undefined
  const { displayName, userPrincipalName } = user
  return { '@odata.type': '#microsoft.graph.user', id, displayName, userPrincipalName }
}
