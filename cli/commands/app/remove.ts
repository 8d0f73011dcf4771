import { AppError } from '../../../core/errors.ts'
import { removeFile } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import type { Context } from '../../context.ts'
import type { GraphClient } from '../../graph/client.ts'
import type { Application } from '../../graph/objects.ts'
import { readProfiles } from '../../profiles.ts'
import { exclusively } from '../../registration/lock.ts'
import { forgetProfiles, variableIn } from '../../registration/profile.ts'
import { isOwn, type RegisteredPair, readPair } from '../../registration/read.ts'
import { graphFor } from './options.ts'
import { clientApp } from './show.ts'

/** What will be removed, and what stays although it could be looked for here. */
interface Plan {
  readonly apps: readonly Application[]
  readonly files: readonly string[]
  readonly kept: readonly string[]
}

/** `todo-cli app remove`: what `app create` made, and nothing else. Certificates and the vault stay. */
export const remove: Action = async (context, _args, flags) => {
  const { out, io, home } = context
  return exclusively(home.journals, async () => {
    const graph = await graphFor(context, flags)
    const client = await clientApp(context, graph, flags)
    if (!isOwn(client)) {
      throw new AppError(
        'app-conflict',
        `${client.displayName} (${client.appId}) was not created by todo-cli`,
        {
          hint: 'remove it in the portal, if that is what you want',
        },
      )
    }
    const plan = await planOf(
      context,
      graph,
      await readPair(graph, client, (await context.settings()).get('scopes')),
    )
    for (const { displayName, appId, id } of plan.apps)
      out.note(`app ${displayName}, client id ${appId}, object id ${id}`)
    for (const file of plan.files) out.note(`file ${file}`)
    for (const line of plan.kept) out.note(`stays: ${line}`)
    await confirm(
      io,
      out,
      `remove ${plan.apps.length === 1 ? 'this app' : 'these apps'}?`,
      flags.yes === true,
    )
    for (const app of plan.apps) await removeApp(graph, app)
    for (const file of plan.files) await removeFile(file)
    const profiles = await forgetProfiles(home.profiles, client.appId)
    const apps = plan.apps.map(({ displayName, appId }) => ({ name: displayName, clientId: appId }))
    if (out.json) out.value({ apps, files: plan.files, profiles })
    out.note(
      `removed: ${[...apps.map(({ name }) => name), ...profiles.map((name) => `profile ${name}`)].join(', ')}`,
    )
    return undefined
  })
}

async function planOf(context: Context, graph: GraphClient, pair: RegisteredPair): Promise<Plan> {
  const { client, api } = pair
  const { profiles } = await readProfiles(context.home.profiles)
  const own = Object.values(profiles).filter(({ clientId }) => clientId === client.appId)
  const secrets = own.flatMap(({ clientSecretFile }) => clientSecretFile ?? [])
  const others = await otherClients(graph, pair)
  const kept: string[] = []
  if (api !== undefined && !isOwn(api)) kept.push(`the API ${api.displayName}, which todo-cli did not create`)
  if (api !== undefined && others > 0) kept.push(`the API ${api.displayName}, which ${others} other apps use`)
  const removeApi = api !== undefined && kept.length === 0
  const variables = removeApi
    ? await filesOf(
        own.flatMap(({ apiVariablesFile }) => apiVariablesFile ?? []),
        api.appId,
      )
    : []
  const certificates = new Set(own.flatMap(({ certificateFile }) => certificateFile ?? []))
  for (const file of certificates) kept.push(`${file}; to remove it: todo-cli cert remove ${file}`)
  // The API first: a daemon without its API is found by the next run, an API without its daemon would not be.
  return { apps: removeApi ? [api, client] : [client], files: [...new Set([...secrets, ...variables])], kept }
}

/** How many other apps were given a role of the API. */
async function otherClients(
  graph: GraphClient,
  { apiPrincipal, clientPrincipal }: RegisteredPair,
): Promise<number> {
  if (apiPrincipal === undefined) return 0
  const given = await graph.roleAssignedTo(apiPrincipal.id)
  return new Set(given.map(({ principalId }) => principalId).filter((id) => id !== clientPrincipal?.id)).size
}

/** Those that are still for this API: a file may have been put to another use. */
async function filesOf(files: readonly string[], apiAppId: string): Promise<string[]> {
  const found: string[] = []
  for (const file of files) if ((await variableIn(file, 'TODO_API_CLIENT_ID')) === apiAppId) found.push(file)
  return found
}

/** The service principal goes with its app; where one was left over, it is removed too. */
async function removeApp(graph: GraphClient, { id, appId }: Application): Promise<void> {
  await graph.deleteApplication(id)
  const left = await graph.servicePrincipalOf(appId)
  if (left !== undefined) await graph.deleteServicePrincipal(left.id)
}
