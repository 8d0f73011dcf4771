/** The built-in roles of Key Vault that touch certificates (https://learn.microsoft.com/azure/key-vault/general/rbac-guide). */
import type { Permissions, Plane } from './policy.ts'

const READ = ['get', 'list']
const NOTHING: readonly string[] = []
const EVERY_CERTIFICATE = [...READ, 'create', 'import', 'update', 'delete', 'recover', 'purge']

const ROLES = {
  'Key Vault Administrator': { certificates: EVERY_CERTIFICATE, keys: [...READ, 'sign'], secrets: READ },
  'Key Vault Certificates Officer': { certificates: EVERY_CERTIFICATE, keys: NOTHING, secrets: NOTHING },
  'Key Vault Certificate User': { certificates: READ, keys: READ, secrets: READ },
  'Key Vault Crypto User': { certificates: NOTHING, keys: [...READ, 'sign'], secrets: NOTHING },
  'Key Vault Secrets User': { certificates: NOTHING, keys: NOTHING, secrets: READ },
  'Key Vault Reader': { certificates: READ, keys: READ, secrets: ['list'] },
} as const satisfies Record<string, Permissions>

export type VaultRole = keyof typeof ROLES

export function isVaultRole(value: unknown): value is VaultRole {
  return typeof value === 'string' && Object.hasOwn(ROLES, value)
}

export function rolePermits(role: VaultRole, plane: Plane, permission: string): boolean {
  const permissions: Permissions = ROLES[role]
  return permissions[plane].includes(permission)
}

/** The data action that a refusal names. */
export function actionOf(plane: Plane, permission: string): string {
  const base = `Microsoft.KeyVault/vaults/${plane}`
  if (plane === 'secrets')
    return permission === 'get' ? `${base}/getSecret/action` : `${base}/readMetadata/action`
  if (READ.includes(permission)) return `${base}/read`
  return permission === 'delete' ? `${base}/delete` : `${base}/${permission}/action`
}
