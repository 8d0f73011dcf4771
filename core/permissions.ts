/**
 * The permissions of the todo API and the pure rules that decide who holds one.
 *
 * Names and rules are those of Microsoft's External ID daemon sample: delegated permissions arrive in the
 * claim `scp` (a space-separated string), application permissions (app roles) in the claim `roles` (an array).
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */

/** What a route needs: any one of the scopes, for a user, or any one of the app roles, for an app. */
export interface Permission {
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
}

export const READ: Permission = {
  scopes: ['ToDoList.Read', 'ToDoList.ReadWrite'],
  roles: ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'],
}

export const WRITE: Permission = {
  scopes: ['ToDoList.ReadWrite'],
  roles: ['ToDoList.ReadWrite.All'],
}

/** Whether a token speaks for an app, for a user, or for neither, which is refused. */
export type Actor = 'app' | 'user' | 'neither'

/** The claims of an access token, as they came out of a verified JWT. */
export type Claims = Readonly<Record<string, unknown>>

/** The delegated permissions of a token: the claim `scp` of a v2.0 or v1.0 access token, split. */
export function scopesOf(claims: Claims): string[] {
  return typeof claims.scp === 'string' ? claims.scp.split(' ').filter(Boolean) : []
}

/** The app roles of a token: the claim `roles`. */
export function rolesOf(claims: Claims): string[] {
  return Array.isArray(claims.roles) ? claims.roles.filter((role) => typeof role === 'string') : []
}

/**
 * Tells an app's token from a user's.
 *
 * The optional claim `idtyp` decides where it is present. Without it a token is a user's when it has `scp`, and an
 * app's when it has no `scp` and its `oid` equals its `sub`. `roles` alone proves nothing: a user with an app role has
 * that claim too.
 */
export function actorOf(claims: Claims): Actor {
  const { idtyp, scp } = claims
  const scoped = scopesOf(claims).length > 0
  if (idtyp === 'app') return scoped ? 'neither' : 'app'
  if (idtyp === 'user') return 'user'
  if (idtyp !== undefined) return 'neither'
  // A claim `scp` of any kind, empty or an array, is not what an app's token has.
  if (scp !== undefined) return scoped ? 'user' : 'neither'
  return typeof claims.oid === 'string' && claims.oid !== '' && claims.oid === claims.sub ? 'app' : 'neither'
}

/** True when the token holds the permission: a scope where it speaks for a user, an app role where for an app. */
export function grants(claims: Claims, needed: Permission): boolean {
  const actor = actorOf(claims)
  if (actor === 'app') return rolesOf(claims).some((role) => needed.roles.includes(role))
  if (actor === 'user') return scopesOf(claims).some((scope) => needed.scopes.includes(scope))
  return false
}
