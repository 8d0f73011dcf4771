/** Certificates in Azure Key Vault: read one, have one made. The vault keeps the private key. */
import { X509Certificate } from 'node:crypto'
import type {
  CertificateClient,
  CertificateProperties,
  KeyVaultCertificate,
} from '@azure/keyvault-certificates'
import { AppError } from '../../core/errors.ts'
import { toPem } from '../../core/pem.ts'
import type { VaultAccess } from './client.ts'
import { disabled, toVaultError } from './errors.ts'

export interface VaultCertificate {
  readonly leaf: X509Certificate
  readonly pem: string
  /** `https://VAULT/certificates/NAME/VERSION` */
  readonly id: string
  /** `https://VAULT/keys/NAME/VERSION` */
  readonly keyId: string
}

/** A certificate's name, and one of its versions where it is not the latest that is meant. */
export interface VaultCertificateName {
  readonly name: string
  readonly version?: string | undefined
}

/**
 * Reads a certificate, not its key: the version that is named, else the latest enabled one. Needs `certificates/get`; only
 * where the latest is disabled, `certificates/list` too, to find the one before it.
 *
 * @throws AppError `vault-certificate-missing`, `vault-certificate-disabled`, `vault-refused`, `vault-signed-out`, `vault-unreachable`
 */
export async function readVaultCertificate(
  { vaultUrl, credential, options }: VaultAccess,
  { name, version }: VaultCertificateName,
  signal: AbortSignal,
): Promise<VaultCertificate> {
  try {
    const { CertificateClient } = await import('@azure/keyvault-certificates')
    const client = new CertificateClient(vaultUrl, credential, options)
    const abort = { abortSignal: signal }
    const found = version
      ? await client.getCertificateVersion(name, version, abort)
      : await client.getCertificate(name, abort)
    const { cer, keyId, properties } = found
    if (!cer || !keyId) throw incomplete(vaultUrl, name)
    if (properties.enabled !== false) return toCertificate(found, cer, keyId, vaultUrl)
    const other = version ? undefined : await latestEnabled(client, name, signal)
    if (other === 'denied') throw latestDisabled(vaultUrl, name)
    if (other === undefined) throw disabled(vaultUrl, version ? `${name}/${version}` : name)
    const earlier = await client.getCertificateVersion(name, other, abort)
    if (!earlier.cer || !earlier.keyId) throw incomplete(vaultUrl, name)
    return toCertificate(earlier, earlier.cer, earlier.keyId, vaultUrl)
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name: version ? `${name}/${version}` : name, signal })
  }
}

function toCertificate(
  { name, properties }: KeyVaultCertificate,
  cer: Uint8Array,
  keyId: string,
  vaultUrl: string,
): VaultCertificate {
  // The token goes where the key is said to be, so it must be in the same vault.
  if (new URL(keyId).origin !== new URL(vaultUrl).origin) {
    throw new AppError('vault-failed', `the vault ${vaultUrl} names a key of another vault`, {
      hint: 'check KEY_VAULT_URL',
    })
  }
  return {
    leaf: new X509Certificate(cer),
    pem: toPem('CERTIFICATE', cer),
    id: properties.id ?? `${vaultUrl}/certificates/${name}`,
    keyId,
  }
}

/** Undefined where there is none; `denied` where the identity may not list versions. */
async function latestEnabled(
  client: CertificateClient,
  name: string,
  signal: AbortSignal,
): Promise<string | 'denied' | undefined> {
  const versions: CertificateProperties[] = []
  try {
    for await (const each of client.listPropertiesOfCertificateVersions(name, { abortSignal: signal }))
      versions.push(each)
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 403) return 'denied'
    throw error
  }
  const enabled = versions.filter((each) => each.enabled !== false)
  return enabled.toSorted((one, other) => Number(other.createdOn) - Number(one.createdOn))[0]?.version
}

/** There may be an enabled one before it. Switching the latest on could be a mistake: perhaps no app knows it yet. */
function latestDisabled(vaultUrl: string, name: string): AppError {
  return new AppError(
    'vault-certificate-disabled',
    `the latest version of "${name}" in ${vaultUrl} is disabled, and the identity that opens the vault may not look for another`,
    {
      hint: `let it look: az keyvault set-policy --name VAULT --object-id OBJECT_ID --certificate-permissions get list; or name the version: --certificate-version VERSION`,
    },
  )
}

function incomplete(vaultUrl: string, name: string): AppError {
  return new AppError(
    'vault-certificate-missing',
    `the certificate "${name}" in ${vaultUrl} is not complete yet`,
    { hint: 'wait until the vault has made it, then try again' },
  )
}
