/** Permission grants: delegated permissions that were consented to. */
import { randomUUID } from 'node:crypto'
import type { PermissionGrant } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { usersIn } from '../users.ts'
import { idIn } from './assignments.ts'
import { type GraphContext, readJson } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'

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
  const { directory, deps } = context
  const body = await readJson(context.request)
  const { consentType, scope } = body
  if (consentType !== 'AllPrincipals' && consentType !== 'Principal')
    throw badRequest("Invalid value specified for property 'consentType'.")
  if (typeof scope !== 'string') throw badRequest("Invalid value specified for property 'scope'.")
  const [clientId = '', resourceId = ''] = ['clientId', 'resourceId'].map((name) => idIn(body, name))
  for (const id of [clientId, resourceId])
    if (directory.servicePrincipals.get(id) === undefined) throw notFound(id)
  const forWhom = consentType === 'Principal' ? idIn(body, 'principalId') : null
  if (forWhom !== null && usersIn(deps.store).get(forWhom) === undefined) throw notFound(forWhom)
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
  const answer = entityAnswer(201, context, 'oauth2PermissionGrants', { ...grant })
  directory.grants.put(grant)
  return answer
}

export async function updateGrant(context: GraphContext): Promise<Answer> {
  context.allow('DelegatedPermissionGrant.ReadWrite.All')
  const { scope } = await readJson(context.request)
  const grant = findGrant(context)
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
