/** Bringing what is registered to what is wanted: each difference is told, and made good unless it is a dry run. */
import { AppError } from '../../core/errors.ts'
import type { GraphClient } from '../graph/client.ts'
import { isNotYetThere, isUncertain } from '../graph/errors.ts'
import type { Application, ApplicationBody, ServicePrincipal } from '../graph/objects.ts'
import { settle } from '../graph/settle.ts'
import { SCOPE_VALUES, TAG } from './wanted.ts'

export interface Change {
  /** The app's name. */
  readonly app: string
  /** In one line, as an order: `create the app`. */
  readonly change: string
}

export interface Reconciler {
  /** What was changed, or in a dry run would be. */
  readonly changes: readonly Change[]
  /** Makes one difference good, and tells it. Returns undefined in a dry run. */
  make<T>(app: string, change: string, action: () => Promise<T>): Promise<T | undefined>
}

export interface ReconcileOptions {
  readonly dryRun: boolean
  readonly waitMs: number
  readonly signal: AbortSignal
  note(line: string): void
}

export function createReconciler({ dryRun, waitMs, signal, note }: ReconcileOptions): Reconciler {
  const changes: Change[] = []
  return {
    changes,
    async make(app, change, action) {
      if (dryRun) {
        changes.push({ app, change })
        return undefined
      }
      const what = `${app}: ${change}`
      const made = await settle(action, { what, waitMs, signal, note, isEarly: isNotYetThere })
      changes.push({ app, change })
      note(what)
      return made
    },
  }
}

/**
 * The app of that name that this program made.
 *
 * @throws AppError `app-conflict` where there are two, or one that somebody else made
 */
export async function findOwn(
  graph: GraphClient,
  name: string,
  flag: string,
): Promise<Application | undefined> {
  const found = await graph.applicationsNamed(name)
  const own = found.filter(({ tags }) => tags.includes(TAG))
  if (own.length === 1) return own[0]
  if (found.length === 0) return undefined
  const [why, ids] =
    own.length > 1
      ? [`there are ${own.length} apps named ${name}`, own]
      : [`there is an app named ${name} that todo-cli did not create`, found]
  throw new AppError('app-conflict', `${why}: client id ${ids.map(({ appId }) => appId).join(', ')}`, {
    hint: `choose another name: ${flag} NAME`,
  })
}

/**
 * Creates the app. Where the answer gets lost it looks whether there is one now, before it tries again: twice is worse than
 * late.
 */
export async function createOnce(
  graph: GraphClient,
  body: Partial<ApplicationBody> & { readonly displayName: string },
  flag: string,
): Promise<Application> {
  for (let left = 2; ; left -= 1) {
    try {
      return await graph.createApplication(body)
    } catch (error) {
      if (!isUncertain(error)) throw error
      const made = await findOwn(graph, body.displayName, flag)
      if (made !== undefined) return made
      if (left === 0) throw error
    }
  }
}

/** Service principal and owner: what makes a registration an app of this tenant that somebody looks after. */
export async function presentInTenant(
  graph: GraphClient,
  reconciler: Reconciler,
  { id, appId, displayName }: Application,
): Promise<ServicePrincipal | undefined> {
  const principal =
    (await graph.servicePrincipalOf(appId)) ??
    (await reconciler.make(displayName, 'create its service principal', async () => {
      const made = (await graph.createServicePrincipal(appId)) ?? (await graph.servicePrincipalOf(appId))
      if (made !== undefined) return made
      throw new AppError('graph-unreachable', 'the new service principal can not be found yet', {
        hint: 'run it again in a minute',
      })
    }))
  const caller = await graph.callerId()
  if (caller !== undefined && !(await graph.owners(id)).some((owner) => owner.id === caller)) {
    await reconciler.make(displayName, 'add you as owner', () => graph.addOwner(id, caller))
  }
  return principal
}

export interface Consent {
  readonly client: string
  readonly principal: ServicePrincipal
  readonly resource: ServicePrincipal
  /** The app roles to assign, by id, with their values. */
  readonly roles: readonly { readonly id: string; readonly value: string }[]
  /** Whether the delegated permissions are meant too. */
  readonly delegated: boolean
}

/** Admin consent: an app role assignment for each application permission, one grant for the delegated ones. */
export async function consent(graph: GraphClient, reconciler: Reconciler, wanted: Consent): Promise<void> {
  const { client, principal, resource, roles, delegated } = wanted
  const held = (await graph.roleAssignments(principal.id)).filter(
    ({ resourceId }) => resourceId === resource.id,
  )
  for (const { id, value } of roles.filter(({ id }) => !held.some(({ appRoleId }) => appRoleId === id))) {
    await reconciler.make(client, `grant admin consent for ${value}`, () =>
      graph.assignRole({ principalId: principal.id, resourceId: resource.id, appRoleId: id }),
    )
  }
  if (!delegated) return
  const grant = (await graph.grants(principal.id)).find(
    ({ resourceId, consentType }) => resourceId === resource.id && consentType === 'AllPrincipals',
  )
  const scopes = grant?.scope.split(' ').filter(Boolean) ?? []
  const missing = SCOPE_VALUES.filter((scope) => !scopes.includes(scope))
  if (missing.length === 0) return
  const scope = [...scopes, ...missing].join(' ')
  await reconciler.make(client, `grant admin consent for ${missing.join(' and ')}, for all users`, () =>
    grant === undefined
      ? graph.createGrant({
          clientId: principal.id,
          resourceId: resource.id,
          consentType: 'AllPrincipals',
          scope,
        })
      : graph.updateGrant(grant.id, scope),
  )
}
