/** /applications/{id}/federatedIdentityCredentials */
import { randomUUID } from 'node:crypto'
import type { Application, FederatedCredential } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { findApplication, findManaged } from './applications.ts'
import { type GraphContext, type Json, readJson } from './context.ts'
import { badRequest, GraphError, notFound } from './errors.ts'
import { entityAnswer, listAnswer } from './query.ts'

const KIND = 'federatedIdentityCredentials'

export function listFederated(context: GraphContext): Answer {
  context.allow('Application.Read.All', 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  const { federatedCredentials } = findApplication(context)
  return listAnswer(
    context,
    KIND,
    federatedCredentials.map((credential) => ({ ...credential })),
  )
}

/** By its id, or by its name. */
export function getFederated(context: GraphContext): Answer {
  context.allow('Application.Read.All', 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy')
  return entityAnswer(200, context, KIND, { ...find(context, findApplication(context)) })
}

export async function createFederated(context: GraphContext): Promise<Answer> {
  findManaged(context)
  return create(context, await readJson(context.request))
}

/** Its name stays. */
export async function updateFederated(context: GraphContext): Promise<Answer> {
  findManaged(context)
  return change(context, await readJson(context.request))
}

/** Finds it once more: another call may have changed or removed it while the body came. */
function change(context: GraphContext, body: Json): Answer {
  const application = findManaged(context)
  const present = find(context, application)
  const { id, name } = present
  if (body.name !== undefined && body.name !== name) throw invalid('name')
  const changed = { ...readFederated({ ...present, ...body }), id }
  const others = application.federatedCredentials.filter((other) => other.id !== id)
  assertIsNew(changed, others)
  put(
    context,
    application,
    application.federatedCredentials.map((each) => (each.id === id ? changed : each)),
  )
  return { status: 204 }
}

/**
 * By `federatedIdentityCredentials(name='…')`: changed where it is there, made where the caller prefers so.
 *
 * https://learn.microsoft.com/graph/api/federatedidentitycredential-upsert
 */
export async function upsertFederated(context: GraphContext): Promise<Answer> {
  const { credential: name = '' } = context.request.params
  findManaged(context)
  const body = await readJson(context.request)
  const { federatedCredentials } = findManaged(context)
  if (federatedCredentials.some((known) => known.name === name)) return change(context, body)
  if (!/\bcreate-if-missing\b/i.test(String(context.request.headers.prefer))) throw notFound(name)
  return create(context, { ...body, name })
}

function create(context: GraphContext, body: Json): Answer {
  const application = findManaged(context)
  const credential = readFederated(body)
  const present = application.federatedCredentials
  assertIsNew(credential, present)
  if (present.length >= 20) throw badRequest('There may be at most 20 federated identity credentials.')
  const answer = entityAnswer(201, context, KIND, { ...credential })
  put(context, application, [...present, credential])
  return answer
}

export function deleteFederated(context: GraphContext): Answer {
  const application = findManaged(context)
  const gone = find(context, application)
  put(
    context,
    application,
    application.federatedCredentials.filter((each) => each !== gone),
  )
  return { status: 204 }
}

/** @throws GraphError 409 */
function assertIsNew(credential: FederatedCredential, others: readonly FederatedCredential[]): void {
  const isTaken = ({ name, issuer, subject }: FederatedCredential) =>
    name === credential.name || (issuer === credential.issuer && subject === credential.subject)
  if (!others.some(isTaken)) return
  throw new GraphError(
    409,
    'Request_MultipleObjectsWithSameKeyValue',
    'FederatedIdentityCredential with this name, or this issuer and subject, already exists.',
  )
}

/** By id or by name. @throws GraphError 404 */
function find({ request }: GraphContext, { federatedCredentials }: Application): FederatedCredential {
  const { credential: wanted = '' } = request.params
  const found = federatedCredentials.find(({ id, name }) => id === wanted || name === wanted)
  if (found === undefined) throw notFound(wanted)
  return found
}

function put(
  { directory }: GraphContext,
  application: Application,
  federatedCredentials: readonly FederatedCredential[],
) {
  directory.applications.put({ ...application, federatedCredentials })
}

function readFederated({ name, issuer, subject, audiences, description = null }: Json): FederatedCredential {
  if (typeof name !== 'string' || !/^[\w-]{3,120}$/.test(name)) throw invalid('name')
  if (typeof issuer !== 'string' || !URL.canParse(issuer)) throw invalid('issuer')
  if (typeof subject !== 'string' || subject === '' || subject.length > 600) throw invalid('subject')
  const isOne = Array.isArray(audiences) && audiences.length === 1
  if (!isOne || typeof audiences[0] !== 'string' || audiences[0] === '') throw invalid('audiences')
  if (description !== null && typeof description !== 'string') throw invalid('description')
  return { id: randomUUID(), name, issuer, subject, audiences: [audiences[0]], description }
}

function invalid(name: string): GraphError {
  return badRequest(
    `Invalid value specified for property '${name}' of resource 'FederatedIdentityCredential'.`,
  )
}
