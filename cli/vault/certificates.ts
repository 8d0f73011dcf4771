/** Certificates in Azure Key Vault: read one, have one made. The vault keeps the private key. */
import { X509Certificate } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { toPem } from '../../core/pem.ts'
import { text } from '../settings.ts'
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
 * Reads a certificate, not its key. Needs the permission `certificates/get`.
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
    const { cer, keyId, properties } = version
      ? await client.getCertificateVersion(name, version, { abortSignal: signal })
      : await client.getCertificate(name, { abortSignal: signal })
    if (properties.enabled === false) throw disabled(vaultUrl, name)
    if (!cer || !keyId) {
      throw new AppError(
        'vault-certificate-missing',
        `the certificate "${name}" in ${vaultUrl} is not complete yet`,
        {
          hint: 'wait until the vault has made it, then try again',
        },
      )
    }
    const pem = toPem('CERTIFICATE', cer)
    return {
      leaf: new X509Certificate(cer),
      pem,
      id: properties.id ?? `${vaultUrl}/certificates/${name}`,
      keyId,
    }
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name, signal })
  }
}

export interface VaultCertificateSpec {
  readonly name: string
  /** RFC 4514, for instance `CN=daemon`. */
  readonly subject: string
  readonly validityInMonths: number
  readonly keySize: number
  /** False: the private key can never leave the vault. */
  readonly exportable: boolean
}

/** Has the vault make a key pair and a self-signed certificate, and waits for it. Needs `certificates/create` and `get`. */
export async function createVaultCertificate(
  access: VaultAccess,
  spec: VaultCertificateSpec,
  signal: AbortSignal,
): Promise<VaultCertificate> {
  const { vaultUrl, credential, options } = access
  const { name, subject, validityInMonths, keySize, exportable } = spec
  try {
    const { CertificateClient } = await import('@azure/keyvault-certificates')
    const client = new CertificateClient(vaultUrl, credential, options)
    const policy = {
      issuerName: 'Self',
      subject,
      validityInMonths,
      keyType: 'RSA' as const,
      keySize,
      exportable,
      reuseKey: false,
      contentType: 'application/x-pkcs12' as const,
      keyUsage: ['digitalSignature' as const],
      enhancedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    }
    const poller = await client.beginCreateCertificate(name, policy, {
      abortSignal: signal,
      intervalInMs: 500,
    })
    await poller.pollUntilDone()
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name, signal })
  }
  return readVaultCertificate(access, { name }, signal)
}

/** Key Vault's rule for names: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
export function certificateName(value: string, label: string): string {
  const name = text(value, label)
  if (/^[0-9A-Za-z-]{1,127}$/.test(name)) return name
  throw new AppError('setting-invalid', `${label} is not a name for a certificate in a vault`, {
    hint: 'use letters, digits and dashes, 127 at most',
  })
}
