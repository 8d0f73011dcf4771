import type { Clock } from './clock.ts'
import type { Store } from './store.ts'

/** What can be changed about a tenant while it runs. Kept in its state. */
export interface TenantSettings {
  readonly id: 'settings'
  /** How far the tenant's clock is ahead of the machine's, in milliseconds. */
  readonly clockOffsetMs: number
  /** Refuse an assertion whose `jti` was used before. Entra was never seen to do so, so it is off. */
  readonly refuseReplays: boolean
  /** Take `x5t` only, as some tenants were reported to do with `x5t#S256` (entra.md 2.3, "Conflict"). */
  readonly legacyThumbprintsOnly: boolean
  /** How long a change made in Graph takes until the issuer sees it, in milliseconds. */
  readonly propagationDelayMs: number
  /** Lists of Graph lag, too, by as much; what is asked for by its id or key does not. */
  readonly laggingLists: boolean
  /** The vault goes by roles (RBAC) instead of access policies. */
  readonly vaultByRoles: boolean
}

const DEFAULTS: TenantSettings = {
  id: 'settings',
  clockOffsetMs: 0,
  refuseReplays: false,
  legacyThumbprintsOnly: false,
  propagationDelayMs: 0,
  laggingLists: false,
  vaultByRoles: false,
}

export interface Settings {
  get(): TenantSettings
  change(changes: Partial<Omit<TenantSettings, 'id'>>): void
}

/** The settings kept in a store; the clock follows them. */
export function openSettings(store: Store, clock: Clock): Settings {
  const kept = store.collection<TenantSettings>('settings')
  let current: TenantSettings = { ...DEFAULTS, ...kept.get('settings') }
  clock.move(current.clockOffsetMs)
  return {
    get: () => current,
    change: (changes) => {
      const changed = { ...current, ...changes }
      kept.put(changed)
      current = changed
      clock.move(current.clockOffsetMs)
    },
  }
}
