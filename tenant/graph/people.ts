/** The tenant itself, and its users. */
import type { Answer } from '../http/exchange.ts'
import { type User, usersIn } from '../users.ts'
import type { GraphContext } from './context.ts'
import { GraphError, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'

export function listOrganization(context: GraphContext): Answer {
  const { tenantId, initialDomain } = context.deps.names
  const verifiedDomains = [{ name: initialDomain, isInitial: true, isDefault: true, type: 'Managed' }]
  return listAnswer(context, 'organization', [{ id: tenantId, displayName: 'Contoso', verifiedDomains }])
}

export function listUsers(context: GraphContext): Answer {
  context.allow('Directory.Read.All', 'User.Read.All')
  return listAnswer(
    context,
    'users',
    usersIn(context.deps.store)
      .all()
      .map((user) => ({ ...user })),
  )
}

export function getUser(context: GraphContext): Answer {
  context.allow('Directory.Read.All', 'User.Read.All')
  return entityAnswer(200, context, 'users', { ...findUser(context) })
}

/** By object id, or by user principal name. @throws GraphError 404 */
export function findUser({ request, deps }: GraphContext): User {
  const wanted = (request.params.id ?? '').toLowerCase()
  const user = usersIn(deps.store)
    .all()
    .find(({ id, userPrincipalName }) => id === wanted || userPrincipalName === wanted)
  if (user === undefined) throw notFound(wanted)
  return user
}

/** The signed-in user; an app has none. */
export function getMe(context: GraphContext): Answer {
  return entityAnswer(200, context, 'users', { ...signedInUser(context) })
}

/** @throws GraphError 400 for an app */
export function signedInUser({ deps, caller }: GraphContext): User {
  const user = usersIn(deps.store).get(caller.oid)
  if (user !== undefined) return user
  throw new GraphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.')
}
