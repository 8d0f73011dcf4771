/**
 * Who may do what in the vault, by object id: access policies, or roles where the vault is set to them. The permission
 * of a certificate is not that of its secret or its key.
 * https://learn.microsoft.com/azure/key-vault/general/assign-access-policy, https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 */
import type { Caller } from '../bearer.ts'
import type { Collection, Store } from '../store.ts'
import { VaultError } from './errors.ts'
import { actionOf, isVaultRole, rolePermits, type VaultRole } from './roles.ts'

export type Plane = 'certificates' | 'keys' | 'secrets'

export type Permissions = Readonly<Record<Plane, readonly string[]>>

export interface AccessPolicy {
  /** The object id of the caller. */
  readonly id: string
  /** Count while the vault goes by access policies. */
  readonly permissions: Permissions
  /** Count while it goes by roles. */
  readonly roles?: readonly VaultRole[]
}

export const ALL_PERMISSIONS: Permissions = {
  certificates: [
    ...['get', 'list', 'create', 'import', 'update', 'delete', 'recover', 'purge'],
    ...['managecontacts', 'getissuers', 'listissuers'],
  ],
  keys: ['get', 'list', 'sign', 'create', 'update', 'delete', 'recover', 'purge'],
  secrets: ['get', 'list', 'set', 'delete', 'recover', 'purge'],
}

/** @param vault of which vault; the tenant's first where it is absent */
export function policiesIn(store: Store, vault?: string): Collection<AccessPolicy> {
  return store.collection<AccessPolicy>(vault === undefined ? 'accessPolicy' : `accessPolicy@${vault}`)
}

export interface VaultRules {
  readonly policies: Collection<AccessPolicy>
  /** True where roles count, and access policies do not. */
  readonly byRoles: boolean
  readonly vaultName: string
}

/** @throws VaultError 403 `Forbidden`, inner code `ForbiddenByPolicy` or `ForbiddenByRbac` */
export function assertAllowed(rules: VaultRules, caller: Caller, plane: Plane, permission: string): void {
  const { policies, byRoles, vaultName } = rules
  const { permissions, roles = [] } = policies.get(caller.oid) ?? {}
  const { appId, oid, issuer } = caller
  if (byRoles) {
    if (roles.some((role) => rolePermits(role, plane, permission))) return
    throw new VaultError(
      403,
      'Forbidden',
      [
        'Caller is not authorized to perform action on resource.',
        'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
        `Caller: appid=${appId};oid=${oid};iss=${issuer}`,
        `Action: '${actionOf(plane, permission)}'`,
        `Resource: '/subscriptions/local/resourcegroups/local/providers/microsoft.keyvault/vaults/${vaultName}'`,
        'Assignment: (not found)',
        'DenyAssignmentId: null',
        'DecisionReason: null ',
        `Vault: ${vaultName};location=local`,
        '',
      ].join('\r\n'),
      'ForbiddenByRbac',
    )
  }
  if (permissions?.[plane].includes(permission)) return
  throw new VaultError(
    403,
    'Forbidden',
    `The user, group or application 'appid=${appId};oid=${oid};iss=${issuer}' does not have ${plane} ${permission} permission on key vault '${vaultName};location=local'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    'ForbiddenByPolicy',
  )
}

/** Reads what the admin interface is sent for one caller. Returns a sentence where it can not be used. */
export function readAccessPolicy(
  id: string,
  value: Readonly<Record<string, unknown>>,
): AccessPolicy | string {
  const { certificates = [], keys = [], secrets = [], roles = [] } = value
  const planes = { certificates, keys, secrets }
  const permissions = { certificates: [] as string[], keys: [] as string[], secrets: [] as string[] }
  for (const plane of ['certificates', 'keys', 'secrets'] as const) {
    const asked: unknown = planes[plane]
    const known = Array.isArray(asked) ? ALL_PERMISSIONS[plane].filter((word) => asked.includes(word)) : []
    if (!Array.isArray(asked) || known.length < asked.length) {
      return `${plane} must be a list of: ${ALL_PERMISSIONS[plane].join(', ')}`
    }
    permissions[plane] = known
  }
  if (!Array.isArray(roles) || !roles.every(isVaultRole)) return 'roles must be a list of roles of Key Vault'
  return { id: id.toLowerCase(), permissions, roles }
}
