/** The tenant itself, and its users. */
import type { Answer } from '../http/exchange.ts'
import { type User, usersIn } from '../users.ts'
import type { GraphContext } from './context.ts'
import { GraphError, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'

/** With `User.Read` users see themselves and the name of their tenant. */
const OF_THEMSELVES = ['User.Read', 'User.Read.All', 'Directory.Read.All']

export function listOrganization(context: GraphContext): Answer {
  context.allow(...OF_THEMSELVES)
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

/** @throws GraphError 400 for an app, 403 */
export function signedInUser(context: GraphContext): User {
  const user = usersIn(context.deps.store).get(context.caller.oid)
  if (user === undefined)
    throw new GraphError(400, 'BadRequest', '/me request is only valid with delegated authentication flow.')
  context.allow(...OF_THEMSELVES)
  return user
}
