/**
 * Access policies: who may do what, by object id. The permission of a certificate is not that of its secret or its key
 * (https://learn.microsoft.com/azure/key-vault/general/assign-access-policy).
 */
import type { Caller } from '../bearer.ts'
import type { Collection, Store } from '../store.ts'
import { VaultError } from './errors.ts'

export type Plane = 'certificates' | 'keys' | 'secrets'

export interface AccessPolicy {
  /** The object id of the caller. */
  readonly id: string
  readonly permissions: Readonly<Record<Plane, readonly string[]>>
}

export const ALL_PERMISSIONS: AccessPolicy['permissions'] = {
  certificates: ['get', 'list', 'create', 'import', 'update', 'delete', 'recover', 'purge'],
  keys: ['get', 'list', 'sign', 'verify'],
  secrets: ['get', 'list'],
}

export function policiesIn(store: Store): Collection<AccessPolicy> {
  return store.collection<AccessPolicy>('accessPolicy')
}

/** @throws VaultError 403 `Forbidden`, inner code `ForbiddenByPolicy` */
export function assertAllowed(
  policies: Collection<AccessPolicy>,
  caller: Caller,
  plane: Plane,
  permission: string,
  vaultName: string,
): void {
  if (policies.get(caller.oid)?.permissions[plane].includes(permission)) return
  const { appId, oid, issuer } = caller
  throw new VaultError(
    403,
    'Forbidden',
    `The user, group or application 'appid=${appId};oid=${oid};iss=${issuer}' does not have ${plane} ${permission} permission on key vault '${vaultName};location=local'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
    'ForbiddenByPolicy',
  )
}
