/**
 * Export mode: a certificate with its private key, out of the secret that Key Vault keeps beside each certificate.
 *
 * For a vault that allows `secrets/get` and nothing else. The key is in memory only.
 * https://learn.microsoft.com/azure/key-vault/certificates/how-to-export-certificate
 */
import { type KeyedCertificate, loadCertificate } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import type { VaultCertificateName } from './certificates.ts'
import type { VaultAccess } from './client.ts'
import { missing, toVaultError } from './errors.ts'

/** The content types that a certificate's secret has. */
const PFX = 'application/x-pkcs12'
const PEM = 'application/x-pem-file'

/**
 * @throws AppError `certificate-no-key` where the vault lets the key not leave it; `vault-…`, and the loader's codes
 */
export async function readVaultSecret(
  { vaultUrl, credential, options }: VaultAccess,
  { name, version }: VaultCertificateName,
  signal: AbortSignal,
): Promise<KeyedCertificate> {
  const shown = version ? `${name}/${version}` : name
  try {
    const { SecretClient } = await import('@azure/keyvault-secrets')
    const client = new SecretClient(vaultUrl, credential, options)
    const { value, properties } = await client.getSecret(name, {
      abortSignal: signal,
      ...(version ? { version } : {}),
    })
    if (value === undefined) throw missing(vaultUrl, shown)
    return await load(value, properties.contentType, properties.id ?? `${vaultUrl}/secrets/${shown}`)
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name: shown, signal })
  }
}

async function load(
  value: string,
  contentType: string | undefined,
  origin: string,
): Promise<KeyedCertificate> {
  if (contentType !== PFX && contentType !== PEM) {
    throw new AppError('certificate-not-recognised', `${origin} is a secret, but not that of a certificate`, {
      hint: 'name a certificate of the vault: todo-cli cert list --vault URL',
    })
  }
  // Key Vault strips the passphrase of what is imported.
  const bytes = Buffer.from(value, contentType === PFX ? 'base64' : 'utf8')
  try {
    return await loadCertificate(bytes, { origin, passphrase: '' })
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'certificate-no-key') throw error
    throw new AppError('certificate-no-key', `the private key of ${origin} may not leave the vault`, {
      hint: 'let the vault sign: --vault-mode sign; or make, or import, one with --exportable',
      cause: error,
    })
  }
}
