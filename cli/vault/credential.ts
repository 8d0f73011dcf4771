/** Who opens the vault (and calls Graph): a credential of @azure/identity, chosen by `--vault-auth`. */
import type { TokenCredential } from '@azure/identity'
import { loadCertificate } from '../../core/certificate.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import { readCertificateFile } from '../files.ts'
import type { SettingValues } from '../settings.ts'
import type { VaultAuth } from './settings.ts'

/**
 * `disableInstanceDiscovery` is for the local tenant, which no cloud vouches for: set for loopback and for no other host.
 *
 * @throws AppError `setting-missing`, or a `certificate-…` code for a bad file
 */
export async function vaultCredential(
  settings: SettingValues,
  caPem: string | undefined,
): Promise<TokenCredential> {
  const authorityHost = settings.need('vaultAuthorityHost')
  const common = {
    authorityHost,
    disableInstanceDiscovery: isLoopbackHost(new URL(authorityHost).hostname),
    retryOptions: { maxRetries: 2 },
    ...(caPem === undefined ? {} : { tlsOptions: { ca: caPem } }),
  }
  const tenantId = settings.get('vaultTenantId')
  const identity = await import('@azure/identity')
  switch (settings.need('vaultAuth') as VaultAuth) {
    case 'certificate': {
      const certificatePath = settings.need('vaultCertificateFile')
      // The library's own words for a bad file are opaque; ours are not. It reads the file itself afterwards.
      await loadCertificate(await readCertificateFile(certificatePath), { origin: certificatePath })
      return new identity.ClientCertificateCredential(
        settings.need('vaultTenantId'),
        settings.need('vaultClientId'),
        { certificatePath },
        common,
      )
    }
    case 'environment':
      return new identity.EnvironmentCredential(common)
    case 'default':
      return new identity.DefaultAzureCredential(tenantId === undefined ? common : { ...common, tenantId })
  }
}
