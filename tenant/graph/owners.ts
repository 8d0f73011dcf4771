/** Owners of applications and service principals, by reference. */
import type { Answer } from '../http/exchange.ts'
import { usersIn } from '../users.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { listAnswer } from './query.ts'

export function listOwners(context: GraphContext): Answer {
  context.allow(
    'Application.Read.All',
    'Application.ReadWrite.All',
    'Application.ReadWrite.OwnedBy',
    'Directory.Read.All',
  )
  const { owners } = findApplication(context)
  return listAnswer(
    context,
    'directoryObjects',
    owners.map((id) => directoryObject(context, id)).filter((entry) => entry !== undefined),
  )
}

export async function addOwner(context: GraphContext): Promise<Answer> {
  const application = findManaged(context)
  const { '@odata.id': reference } = await readJson(context.request)
  const id = /\/(?:directoryObjects|users|servicePrincipals)\/([0-9a-f-]{36})$/i
    .exec(String(reference))?.[1]
    ?.toLowerCase()
  if (id === undefined) throw badRequest("Invalid value specified for property '@odata.id'.")
  if (directoryObject(context, id) === undefined) throw notFound(id)
  if (application.owners.includes(id)) {
    throw badRequest(
      "One or more added object references already exist for the following modified properties: 'owners'.",
    )
  }
  context.directory.applications.put({ ...application, owners: [...application.owners, id] })
  return { status: 204 }
}

export function removeOwner(context: GraphContext): Answer {
  const application = findManaged(context)
  const owner = (context.request.params.owner ?? '').toLowerCase()
  if (!application.owners.includes(owner)) throw notFound(owner)
  const owners = application.owners.filter((id) => id !== owner)
  context.directory.applications.put({ ...application, owners })
  return { status: 204 }
}

/** A user or a service principal, by its object id. */
function directoryObject({ directory, deps }: GraphContext, id: string): Json | undefined {
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
