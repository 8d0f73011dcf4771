/** What a key vault holds: its certificates, without reading one of them. Needs `certificates/list`. */
import { AppError } from '../../core/errors.ts'
import type { VaultAccess } from './client.ts'
import { toVaultError } from './errors.ts'

export interface ListedCertificate {
  readonly name: string
  readonly enabled: boolean
  readonly notBefore: Date | undefined
  readonly notAfter: Date | undefined
  /** SHA-1, upper-case hexadecimal. */
  readonly sha1: string | undefined
}

/** @throws AppError `vault-…` */
export async function listVaultCertificates(
  { vaultUrl, credential, options }: VaultAccess,
  signal: AbortSignal,
): Promise<ListedCertificate[]> {
  try {
    const { CertificateClient } = await import('@azure/keyvault-certificates')
    const client = new CertificateClient(vaultUrl, credential, options)
    const found: ListedCertificate[] = []
    for await (const each of client.listPropertiesOfCertificates({ abortSignal: signal })) {
      if (each.name === undefined)
        throw new AppError('vault-failed', `${vaultUrl} lists a certificate without a name`)
      const { name, enabled, notBefore, expiresOn, x509Thumbprint } = each
      const sha1 = x509Thumbprint && Buffer.from(x509Thumbprint).toString('hex').toUpperCase()
      found.push({ name, enabled: enabled !== false, notBefore, notAfter: expiresOn, sha1 })
    }
    return found
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 403)
      throw mayNotList(vaultUrl, error)
    throw toVaultError(error, { vaultUrl, name: 'any', signal })
  }
}

/** The client tells no more of a page that was refused than its status. */
function mayNotList(vaultUrl: string, cause: Error): AppError {
  const name = new URL(vaultUrl).hostname.split('.')[0]
  return new AppError(
    'vault-refused',
    `the vault ${vaultUrl} denies "certificates list" to the identity that opens it`,
    {
      hint: `grant it the role Key Vault Reader, or: az keyvault set-policy --name ${name} --object-id ID --certificate-permissions list`,
      cause,
    },
  )
}
