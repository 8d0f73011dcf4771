/** /applications: find, read, change. */
import type { Application } from '../directory.ts'
import type { Answer } from '../http/exchange.ts'
import { entityAnswer, type GraphContext, listAnswer, readJson, selection } from './context.ts'
import { badRequest, notFound } from './errors.ts'
import { readKeyCredentials, shownKeyCredentials } from './key-credentials.ts'

const READERS = ['Application.Read.All', 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy']

export function listApplications(context: GraphContext): Answer {
  context.allow(...READERS)
  const appId = filteredAppId(context)
  const found = context.directory.applications
    .all()
    .filter((entry) => appId === undefined || entry.appId === appId)
  return listAnswer(
    context,
    'applications',
    found.map((application) => shown(context, application)),
  )
}

export function getApplication(context: GraphContext): Answer {
  context.allow(...READERS)
  return entityAnswer(200, context, 'applications', shown(context, findApplication(context)))
}

export async function updateApplication(context: GraphContext): Promise<Answer> {
  context.allow('Application.ReadWrite.All')
  const application = findApplication(context)
  const { keyCredentials, ...others } = await readJson(context.request)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw badRequest(`The local Graph does not change the property '${unknown}'.`)
  if (keyCredentials !== undefined) {
    const replaced = readKeyCredentials(keyCredentials, application.keyCredentials)
    context.directory.applications.put({ ...application, keyCredentials: replaced })
  }
  return { status: 204 }
}

/** By object id, or by `applications(appId='…')`. @throws GraphError 404 */
function findApplication({ directory, request }: GraphContext): Application {
  const { id, appId } = request.params
  const found =
    id === undefined ? directory.applicationOf(appId ?? '') : directory.applications.get(id.toLowerCase())
  if (found === undefined) throw notFound(id ?? appId ?? '')
  return found
}

/** `$filter=appId eq '…'` */
function filteredAppId({ request }: GraphContext): string | undefined {
  const filter = request.query.get('$filter')
  if (filter === null) return undefined
  const appId = /^\s*appId\s+eq\s+'([^']*)'\s*$/.exec(filter)?.[1]
  if (appId === undefined) throw badRequest('Invalid filter clause.')
  return appId.toLowerCase()
}

function shown(context: GraphContext, application: Application): Record<string, unknown> {
  const { owners, passwordCredentials, isFallbackPublicClient, ...entity } = application
  return {
    ...entity,
    isFallbackPublicClient,
    keyCredentials: shownKeyCredentials(application, selection(context)?.includes('keyCredentials') ?? false),
    passwordCredentials: passwordCredentials.map(({ sha256, ...credential }) => ({
      ...credential,
      customKeyIdentifier: null,
      secretText: null,
    })),
  }
}
