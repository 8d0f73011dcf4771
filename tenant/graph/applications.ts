/** /applications: create, find, read, change, remove. */
import type { Application } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { newApplication } from '../seed/applications.ts'
import { readApplication } from './application-body.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, denied, GraphError, notFound } from './errors.ts'
import { shownKeyCredentials } from './key-credentials.ts'
import { entityAnswer, listAnswer, selection } from './query.ts'

const READERS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Application.ReadWrite.OwnedBy',
  'Directory.Read.All',
]

export function listApplications(context: GraphContext): Answer {
  context.allow(...READERS)
  const found = context.directory.applications.all().map((application) => shown(context, application))
  return listAnswer(context, 'applications', found)
}

export function getApplication(context: GraphContext): Answer {
  context.allow(...READERS)
  return entityAnswer(200, context, 'applications', shown(context, findApplication(context)))
}

export async function createApplication(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { directory, deps, caller, request } = context
  const { displayName, ...changes } = readApplication(await readJson(request))
  if (displayName === undefined)
    throw badRequest("A value is required for property 'displayName' of resource 'Application'.")
  // Who may manage only what it owns becomes the owner of what it makes.
  const owners = context.holds('Application.ReadWrite.All') && caller.scopes.length === 0 ? [] : [caller.oid]
  const application = newApplication({
    displayName,
    ...changes,
    owners,
    createdDateTime: deps.clock.now().toISOString(),
  })
  assertUrisAreFree(context, application)
  directory.applications.put(application)
  return entityAnswer(201, context, 'applications', shown(context, application))
}

export async function updateApplication(context: GraphContext): Promise<Answer> {
  const present = findManaged(context)
  const body = await readJson(context.request)
  const application = { ...present, ...readApplication(body, present) }
  assertUrisAreFree(context, application)
  context.directory.applications.put(application)
  return { status: 204 }
}

/** With its service principal, and what that was given. */
export function deleteApplication(context: GraphContext): Answer {
  const { id, appId } = findManaged(context)
  const { directory, deps } = context
  deps.store.transaction(() => {
    directory.applications.delete(id)
    const principal = directory.servicePrincipalOf(appId)
    if (principal !== undefined) removeServicePrincipal(context, principal.id)
  })
  return { status: 204 }
}

/** A service principal goes with its assignments and grants, as client and as resource. */
export function removeServicePrincipal({ directory }: GraphContext, id: string): void {
  directory.servicePrincipals.delete(id)
  for (const assignment of directory.appRoleAssignments.all()) {
    if (assignment.principalId === id || assignment.resourceId === id)
      directory.appRoleAssignments.delete(assignment.id)
  }
  for (const grant of directory.grants.all()) {
    if (grant.clientId === id || grant.resourceId === id) directory.grants.delete(grant.id)
  }
}

/** By object id, or by `applications(appId='…')`. @throws GraphError 404 */
export function findApplication({ directory, request }: GraphContext): Application {
  const { id, appId } = request.params
  const found =
    id === undefined ? directory.applicationOf(appId ?? '') : directory.applications.get(id.toLowerCase())
  if (found === undefined) throw notFound(id ?? appId ?? '')
  return found
}

/** An application that the caller may change. @throws GraphError 403, 404 */
export function findManaged(context: GraphContext): Application {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const application = findApplication(context)
  if (context.holds('Application.ReadWrite.All') || application.owners.includes(context.caller.oid))
    return application
  throw denied()
}

function assertUrisAreFree({ directory }: GraphContext, { id, identifierUris }: Application): void {
  const others = directory.applications.all().filter((other) => other.id !== id)
  const taken = identifierUris.find((uri) => others.some((other) => other.identifierUris.includes(uri)))
  if (taken === undefined) return
  throw new GraphError(
    400,
    'Request_MultipleObjectsWithSameKeyValue',
    'Another object with the same value for property identifierUris already exists.',
    [
      {
        code: 'ObjectConflict',
        message: 'Another object with the same value for property identifierUris already exists.',
      },
    ],
  )
}

function shown(context: Pick<GraphContext, 'request'>, application: Application): Json {
  const { owners, others, federatedCredentials, passwordCredentials, ...entity } = application
  return {
    ...entity,
    ...others,
    keyCredentials: shownKeyCredentials(application, selection(context)?.includes('keyCredentials') ?? false),
    passwordCredentials: passwordCredentials.map(({ sha256, ...credential }) => ({
      ...credential,
      customKeyIdentifier: null,
      secretText: null,
    })),
  }
}
