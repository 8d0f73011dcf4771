/**
 * `--auth keyvault`: a certificate in Azure Key Vault, whose private key never leaves it. The vault signs (`keys/sign`);
 * the certificate is read (`certificates/get`), the key and the secret are not.
 */
import { createHash, type X509Certificate } from 'node:crypto'
import type { JsonWebKey } from '@azure/keyvault-keys'
import { certificateName, readVaultCertificate } from '../../vault/certificates.ts'
import { vaultAccess } from '../../vault/client.ts'
import { toVaultError } from '../../vault/errors.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import type { CertificateSource } from './source.ts'

export const keyvault: CertificateSource = {
  name: 'keyvault',
  settings: [
    ...VAULT_SETTINGS,
    {
      key: 'certificateName',
      flag: '--certificate-name NAME',
      variable: 'CERTIFICATE_NAME',
      help: "The certificate's name in the vault",
      parse: certificateName,
    },
  ],
  async identify(settings) {
    const opener = ['vaultAuth', 'vaultAuthorityHost', 'vaultTenantId', 'vaultClientId'].map(
      (key) => settings.get(key) ?? '',
    )
    return ['keyvault', settings.need('keyVaultUrl'), settings.need('certificateName'), ...opener].join(' ')
  },
  async open(settings, deps) {
    const name = settings.need('certificateName')
    const context = { vaultUrl: settings.need('keyVaultUrl'), name, signal: deps.signal }
    const access = await vaultAccess(settings, deps)
    const { leaf, pem, keyId, id } = await readVaultCertificate(access, { name }, deps.signal)
    return {
      chainPem: [pem],
      notAfter: leaf.validToDate,
      origin: id,
      async sign(alg, data) {
        try {
          const { CryptographyClient } = await import('@azure/keyvault-keys')
          const client = new CryptographyClient(
            publicKey(leaf, keyId, context),
            access.credential,
            access.options,
          )
          const digest = createHash('sha256').update(data).digest()
          return (await client.sign(alg, digest, { abortSignal: deps.signal })).result
        } catch (error) {
          throw toVaultError(error, context)
        }
      },
    }
  },
}

/** With the public key at hand the client does not ask the vault for it, so that `keys/get` is not needed. */
function publicKey(
  leaf: X509Certificate,
  keyId: string,
  { vaultUrl, name }: { vaultUrl: string; name: string },
) {
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
