/** Deleted apps can be restored for 30 days, and keep their unique names: removing them for good. */
import type { GraphClient } from '../graph/client.ts'
import { isNotFound } from '../graph/errors.ts'
import type { Application } from '../graph/objects.ts'
import { settle } from '../graph/settle.ts'
import { isOwn, loginNameOf } from './read.ts'

/** The daemon that is meant; live, or deleted by an earlier run. */
export interface Daemon {
  readonly displayName: string
  readonly appId: string | undefined
  readonly requiredResourceAccess: Application['requiredResourceAccess']
}

/** What this program made and somebody deleted: the daemon, its API, its public client. */
export async function deletedOf(graph: GraphClient, daemon: Daemon): Promise<readonly Application[]> {
  const own = (await graph.deletedApplications()).filter(isOwn)
  const { displayName, appId } = daemon
  const daemons = own.filter((app) => app.appId === appId || app.displayName === displayName)
  const apis = [daemon, ...daemons]
    .flatMap(({ requiredResourceAccess }) => requiredResourceAccess)
    .map(({ resourceAppId }) => resourceAppId)
  return own.filter(
    (app) =>
      daemons.includes(app) || apis.includes(app.appId) || app.displayName === loginNameOf(displayName),
  )
}

export interface PurgeOptions {
  /** How long the deleted items may take to hear of it, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
  note(line: string): void
}

/** One that was deleted right now is among the deleted items a while later; one that never comes is gone already. */
export async function purge(
  graph: GraphClient,
  { id, displayName }: Pick<Application, 'id' | 'displayName'>,
  options: PurgeOptions,
): Promise<void> {
  const what = `${displayName} among the deleted items`
  await settle(() => graph.purge(id), { ...options, what, isEarly: isNotFound }).catch(unlessGone)
}

/** Of a service principal: it goes with its app, or is there a while longer. */
export async function purgePrincipal(graph: GraphClient, id: string): Promise<void> {
  await graph.purge(id).catch(unlessGone)
}

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error
}
