/** Brings a certificate with its private key into a vault. Needs `certificates/import`. */
import type { KeyObject } from 'node:crypto'
import type { KeyedCertificate } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import { readVaultCertificate, type VaultCertificate } from './certificates.ts'
import type { VaultAccess } from './client.ts'
import { toVaultError } from './errors.ts'

export interface VaultImport {
  readonly name: string
  readonly certificate: Pick<KeyedCertificate, 'chain' | 'key'>
  /** False: from now on the private key can not leave the vault. */
  readonly exportable: boolean
}

/**
 * Whatever form the file had, the vault gets PEM: PKCS#8 and the chain, which it takes as they are. PKCS#12 with the
 * encryption of today is refused by some of its versions. [A]
 *
 * @throws AppError `vault-…`
 */
export async function importVaultCertificate(
  access: VaultAccess,
  { name, certificate, exportable }: VaultImport,
  signal: AbortSignal,
): Promise<VaultCertificate> {
  const { vaultUrl, credential, options } = access
  const { chain, key } = certificate
  try {
    const { CertificateClient } = await import('@azure/keyvault-certificates')
    const client = new CertificateClient(vaultUrl, credential, options)
    const pem = `${key.export({ type: 'pkcs8', format: 'pem' })}${chain.join('')}`
    const { properties, policy } = await client.importCertificate(name, Buffer.from(pem), {
      abortSignal: signal,
      ...importPolicy(key, exportable),
    })
    if (!exportable && policy?.exportable !== false) throw keyNotKept(vaultUrl, name)
    return await readVaultCertificate(access, { name, version: properties.version }, signal)
  } catch (error) {
    throw toVaultError(error, { vaultUrl, name, signal })
  }
}

/**
 * The policy twice: @azure/keyvault-certificates 4.10.3 drops `policy`, because its inner client looks for the name and
 * the shape of `certificatePolicy`. Without it every imported key would be exportable.
 */
function importPolicy(key: KeyObject, exportable: boolean) {
  const keySize = key.asymmetricKeyDetails?.modulusLength ?? 2048
  const shared = { exportable, keyType: 'RSA' as const, keySize, reuseKey: false }
  const contentType = 'application/x-pem-file' as const
  return {
    policy: { ...shared, contentType },
    certificatePolicy: { keyProperties: shared, secretProperties: { contentType } },
  }
}

function keyNotKept(vaultUrl: string, name: string): AppError {
  const address = `${vaultUrl}/certificates/${name}`
  return new AppError(
    'vault-failed',
    `the vault ${vaultUrl} imported "${name}", but lets its key be exported`,
    {
      hint: `remove it: todo-cli cert remove ${address} --purge; or accept it: todo-cli cert import FILE --exportable`,
    },
  )
}
