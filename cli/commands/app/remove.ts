import { AppError } from '../../../core/errors.ts'
import { removeFile } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { confirm } from '../../confirm.ts'
import type { Context, Flags } from '../../context.ts'
import type { GraphClient } from '../../graph/client.ts'
import type { Application } from '../../graph/objects.ts'
import { type ProfileValues, readProfiles } from '../../profiles.ts'
import { exclusively } from '../../registration/lock.ts'
import { forgetProfiles, variableIn } from '../../registration/profile.ts'
import { deletedOf, type PurgeOptions, purge, purgePrincipal } from '../../registration/purge.ts'
import { isOwn, type RegisteredPair, readPair } from '../../registration/read.ts'
import { CLIENT_NAME, graphFor, named, waitOf } from './options.ts'
import { clientApp } from './show.ts'

/** What will be removed, and what stays although it could be looked for here. */
interface Plan {
  /** Of the daemon: its profiles go. */
  readonly clientId: string
  readonly apps: readonly Application[]
  /** By an earlier run, or in the portal. Removed for good with `--purge` only. */
  readonly deleted: readonly Application[]
  readonly files: readonly string[]
  readonly kept: readonly string[]
}

/** `todo-cli app remove`: what `app create` made, and nothing else. Certificates and the vault stay. */
export const remove: Action = async (context, _args, flags) => {
  const { out, io, home } = context
  const purging: PurgeOptions | undefined =
    flags.purge === true
      ? { waitMs: waitOf(flags), signal: io.signal, note: (line) => out.note(line) }
      : undefined
  return exclusively(home.journals, async () => {
    const graph = await graphFor(context, flags)
    const found = await clientOf(context, graph, flags)
    const plan =
      found instanceof AppError
        ? await planOfGone(context, graph, flags, { purging: purging !== undefined, missing: found })
        : await planOf(context, graph, found, purging !== undefined)
    tell(context, plan, purging !== undefined)
    const count = plan.apps.length + plan.deleted.length
    const what = count === 0 ? 'what is left' : count === 1 ? 'this app' : 'these apps'
    await confirm(io, out, `remove ${what}${purging ? ' for good' : ''}?`, flags.yes === true)
    for (const app of plan.apps) await removeApp(graph, app, purging)
    if (purging) for (const app of plan.deleted) await purge(graph, app, { ...purging, waitMs: 0 })
    for (const file of plan.files) await removeFile(file)
    const profiles = await forgetProfiles(home.profiles, plan.clientId)
    const apps = [...plan.apps, ...plan.deleted].map(({ displayName, appId }) => ({
      name: displayName,
      clientId: appId,
    }))
    if (out.json) out.value({ apps, files: plan.files, profiles, purged: purging !== undefined })
    out.note(
      `removed: ${[...apps.map(({ name }) => name), ...profiles.map((name) => `profile ${name}`)].join(', ')}`,
    )
    if (purging === undefined)
      out.note('they can be restored for 30 days in the portal; to remove them for good: --purge')
    return undefined
  })
}

/** The daemon's app; the error where there is none (any more). @throws AppError `app-conflict`, `graph-…` */
async function clientOf(context: Context, graph: GraphClient, flags: Flags): Promise<Application | AppError> {
  try {
    const client = await clientApp(context, graph, flags)
    if (isOwn(client)) return client
    throw new AppError(
      'app-conflict',
      `${client.displayName} (${client.appId}) was not created by todo-cli`,
      {
        hint: 'remove it in the portal, if that is what you want',
      },
    )
  } catch (error) {
    if (error instanceof AppError && error.code === 'app-missing') return error
    throw error
  }
}

function tell({ out }: Context, { apps, deleted, files, kept }: Plan, purging: boolean): void {
  for (const { displayName, appId, id } of apps)
    out.note(`app ${displayName}, client id ${appId}, object id ${id}${purging ? ', for good' : ''}`)
  for (const { displayName, appId, id } of deleted)
    out.note(`deleted app ${displayName}, client id ${appId}, object id ${id}, for good`)
  for (const file of files) out.note(`file ${file}`)
  for (const line of kept) out.note(`stays: ${line}`)
}

async function planOf(
  context: Context,
  graph: GraphClient,
  client: Application,
  purging: boolean,
): Promise<Plan> {
  const pair = await readPair(graph, client, (await context.settings()).get('scopes'))
  const { api, login } = pair
  const own = await profilesOf(context, client.appId)
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
  return {
    clientId: client.appId,
    // The daemon last: the others are found by it, so that the next run finds what this one left.
    apps: [...(removeApi ? [api] : []), ...(login ? [login] : []), client],
    deleted: purging ? await deletedOf(graph, client) : [],
    files: [...new Set([...secrets, ...variables])],
    kept,
  }
}

/** The apps are gone already: an earlier run was stopped before it had removed the rest, or `--purge` comes later. */
async function planOfGone(
  context: Context,
  graph: GraphClient,
  flags: Flags,
  { purging, missing }: { readonly purging: boolean; readonly missing: AppError },
): Promise<Plan> {
  const clientId = flags.clientName === undefined ? (await context.settings()).get('clientId') : undefined
  const displayName = named(flags.clientName, '--client-name', CLIENT_NAME)
  const daemon = { displayName, appId: clientId, requiredResourceAccess: [] }
  const deleted = purging ? await deletedOf(graph, daemon) : []
  const tenant = clientId === undefined ? undefined : (await graph.organization()).id
  // Of another tenant nothing is known here.
  const own = (await profilesOf(context, clientId)).filter(({ tenantId }) => tenantId === tenant)
  if (deleted.length === 0 && own.length === 0) throw missing
  const files: string[] = []
  for (const { scopes, clientSecretFile, apiVariablesFile } of own) {
    if (clientSecretFile !== undefined) files.push(clientSecretFile)
    const api = /^api:\/\/([0-9a-f-]{36})\//i.exec(scopes ?? '')?.[1]
    if (apiVariablesFile === undefined || api === undefined) continue
    if ((await graph.findApplication(api)) === undefined)
      files.push(...(await filesOf([apiVariablesFile], api)))
  }
  return { clientId: own.length > 0 ? (clientId ?? '') : '', apps: [], deleted, files, kept: [] }
}

async function profilesOf({ home }: Context, appId: string | undefined): Promise<ProfileValues[]> {
  const { profiles } = await readProfiles(home.profiles)
  return Object.values(profiles).filter(({ clientId }) => clientId !== undefined && clientId === appId)
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
async function removeApp(
  graph: GraphClient,
  app: Application,
  purging: PurgeOptions | undefined,
): Promise<void> {
  const principal = await graph.servicePrincipalOf(app.appId)
  await graph.deleteApplication(app.id)
  const left = await graph.servicePrincipalOf(app.appId)
  if (left !== undefined) await graph.deleteServicePrincipal(left.id)
  if (purging === undefined) return
  await purge(graph, app, purging)
  if (principal !== undefined) await purgePrincipal(graph, principal.id)
}
