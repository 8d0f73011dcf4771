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

export async function createFederated(context: GraphContext): Promise<Answer> {
  const application = findManaged(context)
  const credential = readFederated(await readJson(context.request))
  const present = application.federatedCredentials
  const isTaken = ({ name, issuer, subject }: FederatedCredential) =>
    name === credential.name || (issuer === credential.issuer && subject === credential.subject)
  if (present.some(isTaken)) {
    throw new GraphError(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'FederatedIdentityCredential with this name, or this issuer and subject, already exists.',
    )
  }
  if (present.length >= 20) throw badRequest('There may be at most 20 federated identity credentials.')
  const answer = entityAnswer(201, context, KIND, { ...credential })
  put(context, application, [...present, credential])
  return answer
}

export function deleteFederated(context: GraphContext): Answer {
  const application = findManaged(context)
  const { credential: wanted = '' } = context.request.params
  const rest = application.federatedCredentials.filter(({ id, name }) => id !== wanted && name !== wanted)
  if (rest.length === application.federatedCredentials.length) throw notFound(wanted)
  put(context, application, rest)
  return { status: 204 }
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
