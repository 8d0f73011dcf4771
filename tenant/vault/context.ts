/** What a vault handler works with: the checked caller, the store, the names that answers carry. */
import type { buildCertificateRequest } from '../../core/forge/pkcs10.ts'
import type { buildCertificate } from '../../core/forge/x509.ts'
import { type Caller, checkBearer } from '../bearer.ts'
import type { Clock } from '../clock.ts'
import type { TenantRequest } from '../http/exchange.ts'
import type { KeyRing } from '../issuer/keys.ts'
import type { Settings } from '../settings.ts'
import type { Collection, Store } from '../store.ts'
import { badParameter } from './errors.ts'
import { assertAllowed, type Plane } from './policy.ts'
import type { CertificateRecord } from './records.ts'
import { openVault, vaultNameOf } from './vaults.ts'

export const VAULT_RESOURCE = 'https://vault.azure.net'

export interface VaultDeps {
  readonly store: Store
  readonly keys: KeyRing
  readonly clock: Clock
  readonly tenantId: string
  /** The tenant's first vault: on loopback it is the one that answers. */
  readonly vaultName: string
  readonly settings: Settings
  readonly build: typeof buildCertificate
  readonly buildRequest: typeof buildCertificateRequest
}

export interface VaultContext {
  readonly deps: VaultDeps
  readonly request: TenantRequest
  readonly caller: Caller
  readonly certificates: Collection<CertificateRecord>
  /** Scheme and host of every identifier: the host that was asked. */
  readonly origin: string
  /** @throws VaultError 403 */
  allow(plane: Plane, permission: string): void
}

/** The first steps of every call, before the body is read: who asks, then for which version of the REST API. */
export async function openContext(request: TenantRequest, deps: VaultDeps): Promise<VaultContext> {
  const caller = await checkBearer(request, [VAULT_RESOURCE], deps)
  assertApiVersion(request.query.get('api-version'))
  const vault = openVault(deps.store, deps.vaultName, vaultNameOf(request.host) ?? deps.vaultName)
  const { certificates, policies, name: vaultName } = vault
  return {
    deps,
    request,
    caller,
    certificates,
    origin: `https://${request.host}`,
    allow: (plane, permission) => {
      const { vaultByRoles } = deps.settings.get()
      assertAllowed({ policies, byRoles: vaultByRoles, vaultName }, caller, plane, permission)
    },
  }
}

/** The oldest and the newest version of the REST API that is answered. */
const OLDEST = '7.1'
const NEWEST = '2026-04-01'

function assertApiVersion(version: string | null): void {
  if (version === null) throw badParameter('api-version must be specified')
  const known = /^7\.[1-6](-preview\.\d+)?$/.test(version) || /^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)
  const tooNew = version.startsWith('2') && version.slice(0, 10) > NEWEST
  if (known && !tooNew) return
  throw badParameter(`api-version ${JSON.stringify(version)} is not supported: ${OLDEST} to ${NEWEST} are.`)
}
