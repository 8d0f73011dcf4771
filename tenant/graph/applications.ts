/** /applications: create, find, read, change, remove; by a key of the caller's own, too. */
import type { Application, ServicePrincipal } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { newApplication } from '../seed/applications.ts'
import { assertLifetime } from './app-policy.ts'
import { readApplication } from './application-body.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { ownersOf } from './directory-objects.ts'
import { badRequest, denied, GraphError, notFound } from './errors.ts'
import { changedKeys } from './key-credentials.ts'
import { type Expandable, entityAnswer, listAnswer } from './query.ts'
import { deletedItemsIn } from './recycle-bin.ts'
import { shownKeyCredentials, shownPasswordCredentials } from './shown-credentials.ts'

const READERS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Application.ReadWrite.OwnedBy',
  'Directory.Read.All',
]

export function listApplications(context: GraphContext): Answer {
  context.allow(...READERS)
  const found = context.listed.applications.all().map((application) => shown(context, application))
  return listAnswer(context, 'applications', found, expandable(context))
}

/** What `$expand` can add to an application. */
function expandable(context: GraphContext): Expandable {
  const presentOf = ({ id }: Json) => context.listed.applications.get(String(id))
  return {
    owners: (entity) => ownersOf(context, presentOf(entity)?.owners ?? []),
    federatedIdentityCredentials: (entity) =>
      (presentOf(entity)?.federatedCredentials ?? []).map((credential) => ({ ...credential })),
  }
}

export function getApplication(context: GraphContext): Answer {
  context.allow(...READERS)
  const entity = shown(context, findApplication(context))
  return entityAnswer(200, context, 'applications', entity, expandable(context))
}

/** One member, by its own address. */
export function listAppRoles(context: GraphContext): Answer {
  context.allow(...READERS)
  const { id, appRoles } = findApplication(context)
  return listAnswer(
    context,
    `applications('${id}')/appRoles`,
    appRoles.map((role) => ({ ...role })),
  )
}

export async function createApplication(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  return create(context, await readJson(context.request))
}

/**
 * By the key of the caller's own: changed where it is there, made where the caller prefers so. Done twice it makes one.
 *
 * https://learn.microsoft.com/graph/api/application-upsert
 */
export async function upsertApplication(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { params, headers } = context.request
  const { uniqueName = '' } = params
  // Before it is looked for: another call may make it while the body comes.
  const body = await readJson(context.request)
  if (context.directory.applications.all().some((known) => known.uniqueName === uniqueName))
    return change(context, body)
  if (!/\bcreate-if-missing\b/i.test(String(headers.prefer))) throw notFound(uniqueName)
  return create(context, { ...body, uniqueName })
}

function create(context: GraphContext, body: Json): Answer {
  const { directory, deps, caller } = context
  const { displayName, ...changes } = readApplication(body)
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
  assertNameIsFree(context, application)
  assertLifetime(deps, 'keyCredentials', application.keyCredentials)
  // Before it is kept: a query option that is refused leaves nothing behind.
  const answer = entityAnswer(201, context, 'applications', shown(context, application))
  directory.applications.put(application)
  return answer
}

export async function updateApplication(context: GraphContext): Promise<Answer> {
  findManaged(context)
  return change(context, await readJson(context.request))
}

/** Finds it once more: another call may have changed or removed it while the body came. */
function change(context: GraphContext, body: Json): Answer {
  const present = findManaged(context)
  const application = { ...present, ...readApplication(body, present) }
  assertUrisAreFree(context, application)
  assertNameIsFree(context, application)
  assertLifetime(
    context.deps,
    'keyCredentials',
    changedKeys(application.keyCredentials, present.keyCredentials),
  )
  context.directory.applications.put(application)
  return { status: 204 }
}

/** With its service principal, and what that was given. It can be restored, and its unique name stays taken. */
export function deleteApplication(context: GraphContext): Answer {
  const application = findManaged(context)
  const { id, appId } = application
  const { directory, deps } = context
  deps.store.transaction(() => {
    directory.applications.delete(id)
    deletedItemsIn(deps).applications.keep(application)
    const principal = directory.servicePrincipalOf(appId)
    if (principal !== undefined) removeServicePrincipal(context, principal)
  })
  return { status: 204 }
}

/** A service principal goes with its assignments and grants, as client and as resource. */
export function removeServicePrincipal({ directory, deps }: GraphContext, principal: ServicePrincipal): void {
  const { id } = principal
  deletedItemsIn(deps).servicePrincipals.keep(principal)
  directory.servicePrincipals.delete(id)
  for (const assignment of directory.appRoleAssignments.all()) {
    if (assignment.principalId === id || assignment.resourceId === id)
      directory.appRoleAssignments.delete(assignment.id)
  }
  for (const grant of directory.grants.all()) {
    if (grant.clientId === id || grant.resourceId === id) directory.grants.delete(grant.id)
  }
}

/** By object id, by `applications(appId='…')`, or by `applications(uniqueName='…')`. @throws GraphError 404 */
export function findApplication({ directory, request }: GraphContext): Application {
  const { id, appId, uniqueName } = request.params
  const found =
    uniqueName !== undefined
      ? directory.applications.all().find((known) => known.uniqueName === uniqueName)
      : id === undefined
        ? directory.applicationOf(appId ?? '')
        : directory.applications.get(id.toLowerCase())
  if (found === undefined) throw notFound(uniqueName ?? id ?? appId ?? '')
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

/** A deleted app keeps its name as long as it can be restored (msgraph-bicep-types#137). The wording is captured there. */
function assertNameIsFree({ directory, deps }: GraphContext, { id, uniqueName }: Application): void {
  if (uniqueName === undefined) return
  const all = [...directory.applications.all(), ...deletedItemsIn(deps).applications.all()]
  if (!all.some((other) => other.id !== id && other.uniqueName === uniqueName)) return
  const message = 'Another object with the same value for property uniqueName already exists.'
  throw new GraphError(400, 'Request_BadRequest', message, [{ code: 'ObjectConflict', message }])
}

export function shown(context: Pick<GraphContext, 'request'>, application: Application): Json {
  const { owners, others, federatedCredentials, passwordCredentials, keyCredentials, ...entity } = application
  return {
    uniqueName: null,
    ...entity,
    ...others,
    keyCredentials: shownKeyCredentials(context, keyCredentials),
    passwordCredentials: shownPasswordCredentials(passwordCredentials),
  }
}
