/** The built-in roles of Key Vault that touch certificates (https://learn.microsoft.com/azure/key-vault/general/rbac-guide). */
import type { Permissions, Plane } from './policy.ts'

const READ = ['get', 'list']
const NOTHING: readonly string[] = []
const AUTHORITIES = ['getissuers', 'listissuers']
const EVERY_CERTIFICATE = [
  ...[...READ, 'create', 'import', 'update', 'delete', 'recover', 'purge'],
  ...['managecontacts', ...AUTHORITIES],
]
const EVERY_KEY = [...READ, 'sign', 'create', 'update', 'delete', 'recover', 'purge']
const EVERY_SECRET = [...READ, 'set', 'delete', 'recover', 'purge']

const ROLES = {
  'Key Vault Administrator': { certificates: EVERY_CERTIFICATE, keys: EVERY_KEY, secrets: EVERY_SECRET },
  'Key Vault Certificates Officer': { certificates: EVERY_CERTIFICATE, keys: NOTHING, secrets: NOTHING },
  'Key Vault Certificate User': { certificates: READ, keys: READ, secrets: READ },
  'Key Vault Crypto User': { certificates: NOTHING, keys: [...READ, 'sign'], secrets: NOTHING },
  'Key Vault Secrets User': { certificates: NOTHING, keys: NOTHING, secrets: READ },
  'Key Vault Reader': { certificates: [...READ, ...AUTHORITIES], keys: READ, secrets: ['list'] },
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
  if (AUTHORITIES.includes(permission)) return 'Microsoft.KeyVault/vaults/certificatecas/read'
  if (permission === 'managecontacts') return 'Microsoft.KeyVault/vaults/certificatecontacts/write'
  if (plane === 'secrets' && permission === 'get') return `${base}/getSecret/action`
  if (plane === 'secrets' && permission === 'list') return `${base}/readMetadata/action`
  if (permission === 'set') return `${base}/setSecret/action`
  if (READ.includes(permission)) return `${base}/read`
  return permission === 'delete' ? `${base}/delete` : `${base}/${permission}/action`
}
