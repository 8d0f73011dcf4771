/** Bringing what is registered to what is wanted: each difference is told, and made good unless it is a dry run. */
import { AppError } from '../../core/errors.ts'
import type { GraphClient } from '../graph/client.ts'
import { isNotYetThere } from '../graph/errors.ts'
import type { Application, ServicePrincipal } from '../graph/objects.ts'
import { settle } from '../graph/settle.ts'
import { uniqueNameOf } from './create-once.ts'
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
 * The app of that name that this program made: by its name, or where somebody renamed it, or a list does not show it yet,
 * by its key.
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
  if (found.length === 0) return graph.applicationByKey(uniqueNameOf(name))
  const [why, ids] =
    own.length > 1
      ? [`there are ${own.length} apps named ${name}`, own]
      : [`there is an app named ${name} that todo-cli did not create`, found]
  throw new AppError('app-conflict', `${why}: client id ${ids.map(({ appId }) => appId).join(', ')}`, {
    hint: `choose another name: ${flag} NAME`,
  })
}

/** Service principal and owners: what makes a registration an app of this tenant that somebody looks after. */
export async function presentInTenant(
  graph: GraphClient,
  reconciler: Reconciler,
  { id, appId, displayName }: Application,
): Promise<ServicePrincipal | undefined> {
  const principal =
    (await graph.servicePrincipalOf(appId)) ??
    (await reconciler.make(displayName, 'create its service principal', () =>
      graph.createServicePrincipal(appId),
    ))
  if (principal?.accountEnabled === false) {
    await reconciler.make(displayName, 'enable its service principal', () =>
      graph.enableServicePrincipal(principal.id),
    )
  }
  const caller = await graph.callerId()
  const isOwner = (owners: readonly { readonly id: string }[]) => owners.some((owner) => owner.id === caller)
  if (caller !== undefined && !isOwner(await graph.owners(id))) {
    await reconciler.make(displayName, OWNER, () => graph.addOwner(id, caller))
  }
  if (caller === undefined) return principal
  if (principal === undefined) await reconciler.make(displayName, PRINCIPAL_OWNER, async () => {})
  else if (!isOwner(await graph.principalOwners(principal.id))) {
    await reconciler.make(displayName, PRINCIPAL_OWNER, () => graph.addPrincipalOwner(principal.id, caller))
  }
  return principal
}

const OWNER = 'add you as owner'
const PRINCIPAL_OWNER = 'add you as owner of its service principal'

/** What presentInTenant makes good of an app that is not there: for a dry run. */
export const PRESENCE: readonly string[] = ['create its service principal', OWNER, PRINCIPAL_OWNER]

export interface Consent {
  readonly client: string
  readonly principal: ServicePrincipal
  readonly resource: ServicePrincipal
}

/** Admin consent for application permissions: an app role assignment each. */
export async function consentToRoles(
  graph: GraphClient,
  reconciler: Reconciler,
  { client, principal, resource }: Consent,
  roles: readonly { readonly id: string; readonly value: string }[],
): Promise<void> {
  const held = (await graph.roleAssignments(principal.id)).filter(
    ({ resourceId }) => resourceId === resource.id,
  )
  for (const { id, value } of roles.filter(({ id }) => !held.some(({ appRoleId }) => appRoleId === id))) {
    await reconciler.make(client, consentTo([value]), () =>
      graph.assignRole({ principalId: principal.id, resourceId: resource.id, appRoleId: id }),
    )
  }
}

/** Admin consent for delegated permissions: one grant, for all users. */
export async function consentToScopes(
  graph: GraphClient,
  reconciler: Reconciler,
  { client, principal, resource }: Consent,
): Promise<void> {
  const grant = (await graph.grants(principal.id)).find(
    ({ resourceId, consentType }) => resourceId === resource.id && consentType === 'AllPrincipals',
  )
  const scopes = grant?.scope.split(' ').filter(Boolean) ?? []
  const missing = SCOPE_VALUES.filter((scope) => !scopes.includes(scope))
  if (missing.length === 0) return
  const scope = [...scopes, ...missing].join(' ')
  await reconciler.make(client, `${consentTo(missing)}, for all users`, () =>
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

export const consentTo = (values: readonly string[]) => `grant admin consent for ${values.join(' and ')}`
