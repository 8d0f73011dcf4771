/** The vaults of a tenant: each name under `vault.azure.net` is one of its own. On loopback the tenant's first answers. */
import { hostnameOf } from '../http/hosts.ts'
import type { Collection, Document, Store } from '../store.ts'
import { type AccessPolicy, policiesIn } from './policy.ts'
import { type CertificateRecord, certificatesIn } from './records.ts'

export interface Vault {
  readonly name: string
  readonly certificates: Collection<CertificateRecord>
  readonly policies: Collection<AccessPolicy>
}

/** The vault that a host names; undefined on loopback, where there is one. */
export function vaultNameOf(host: string): string | undefined {
  return /^([a-z0-9-]+)\.vault\.azure\.net$/.exec(hostnameOf(host))?.[1]
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault */
export function isVaultName(name: string): boolean {
  return /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/.test(name)
}

/**
 * Opens a vault. One that nobody asked for before is empty, and lets in whom the first vault lets in at that time: in
 * the cloud whoever makes a vault says so.
 *
 * @param first the tenant's first vault
 */
export function openVault(store: Store, first: string, name: string): Vault {
  if (name === first) return { name, certificates: certificatesIn(store), policies: policiesIn(store) }
  const vault = { name, certificates: certificatesIn(store, name), policies: policiesIn(store, name) }
  const known = store.collection<Document>('vault')
  if (known.get(name) === undefined) {
    store.transaction(() => {
      for (const policy of policiesIn(store).all()) vault.policies.put(policy)
      known.put({ id: name })
    })
  }
  return vault
}
