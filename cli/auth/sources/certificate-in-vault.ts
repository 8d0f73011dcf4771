/**
 * The certificate of `--auth keyvault`.
 *
 * In sign mode its private key never leaves the vault: the certificate is read (`certificates/get`), and the vault signs
 * (`keys/sign`); key and secret are not read. In export mode the secret is read (`secrets/get`), and nothing else.
 */
import { createHash, type X509Certificate } from 'node:crypto'
import type { JsonWebKey } from '@azure/keyvault-keys'
import { assertUsable, type ClientCertificate, clientCertificate } from '../../../core/certificate.ts'
import type { SettingValues } from '../../settings.ts'
import { readVaultCertificate } from '../../vault/certificates.ts'
import { type VaultAccess, vaultAccess } from '../../vault/client.ts'
import { toVaultError } from '../../vault/errors.ts'
import type { SourceDeps } from './source.ts'

export async function openInVault(settings: SettingValues, deps: SourceDeps): Promise<ClientCertificate> {
  settings.need('keyVaultUrl')
  const name = settings.need('certificateName')
  const which = { name, version: settings.get('certificateVersion') }
  const access = await vaultAccess(settings, deps)
  return opened(settings, access, which, deps)
}

async function opened(
  settings: SettingValues,
  access: VaultAccess,
  which: { name: string; version: string | undefined },
  { signal }: SourceDeps,
): Promise<ClientCertificate> {
  if (settings.get('vaultMode') === 'export') {
    const { readVaultSecret } = await import('../../vault/secret.ts')
    const keyed = await readVaultSecret(access, which, signal)
    assertUsable(keyed.chain[0], keyed.origin)
    return clientCertificate(keyed)
  }
  const { leaf, pem, keyId, id } = await readVaultCertificate(access, which, signal)
  assertUsable(leaf, id)
  return {
    chainPem: [pem],
    notAfter: leaf.validToDate,
    origin: id,
    sign: vaultSigner(access, { leaf, keyId, name: which.name }, signal),
  }
}

interface VaultKey {
  readonly leaf: X509Certificate
  /** `https://VAULT/keys/NAME/VERSION` */
  readonly keyId: string
  readonly name: string
}

/** Has the vault sign a digest. Needs `keys/sign`. */
function vaultSigner(
  { vaultUrl, credential, options }: VaultAccess,
  key: VaultKey,
  signal: AbortSignal,
): ClientCertificate['sign'] {
  return async (alg, data) => {
    try {
      const { CryptographyClient } = await import('@azure/keyvault-keys')
      const client = new CryptographyClient(publicKey(key, vaultUrl), credential, options)
      const digest = createHash('sha256').update(data).digest()
      return (await client.sign(alg, digest, { abortSignal: signal })).result
    } catch (error) {
      throw toVaultError(error, { vaultUrl, name: key.name, signal })
    }
  }
}

/** With the public key at hand the client does not ask the vault for it, so that `keys/get` is not needed. */
function publicKey({ leaf, keyId, name }: VaultKey, vaultUrl: string) {
  const { n = '', e = '' } = leaf.publicKey.export({ format: 'jwk' })
  const key: JsonWebKey = {
    kid: keyId,
    kty: 'RSA',
    keyOps: ['sign', 'verify'],
    n: Buffer.from(n, 'base64url'),
    e: Buffer.from(e, 'base64url'),
  }
  return { id: keyId, name, key, properties: { name, vaultUrl }, keyOperations: ['sign'] }
}
