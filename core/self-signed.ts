/** Self-signed certificates that prove who a client is, in the form that Entra and Key Vault use. */
import { generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import type { NameAttribute } from './distinguished-name.ts'
import { AppError } from './errors.ts'

/** RSA key sizes, in bits, that Key Vault makes and Entra takes. */
export const KEY_SIZES = [2048, 3072, 4096] as const
export type KeySize = (typeof KEY_SIZES)[number]

export interface SelfSignedOptions {
  /** In the order of the certificate, as `parseDistinguishedName` gives it. */
  readonly subject: readonly NameAttribute[]
  /** From the first to the last second. */
  readonly days: number
  readonly keySize: KeySize
  readonly now?: Date
}

export interface SelfSigned {
  readonly certificatePem: string
  /** PKCS#8, not encrypted. */
  readonly privateKeyPem: string
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** The certificate begins this much before now, as Key Vault's do, so that a clock a little behind takes it at once. */
const BACKDATED_MS = 10 * 60_000
const DAY_MS = 86_400_000
const DAYS_MAX = 36_500

const generate = promisify(generateKeyPair)

/**
 * Makes an RSA key pair and a certificate for it: SHA-256, digitalSignature, clientAuth, no authority.
 * It lives `days` days to the second, because a tenant's policy may limit just that.
 *
 * @throws AppError `setting-invalid`
 */
export async function createSelfSigned(options: SelfSignedOptions): Promise<SelfSigned> {
  const { subject, days, keySize, now = new Date() } = options
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) {
    throw new AppError('setting-invalid', `a certificate can not live ${days} days`, {
      hint: `give a whole number of days from 1 to ${DAYS_MAX}: --days 365`,
    })
  }
  if (!KEY_SIZES.includes(keySize)) {
    throw new AppError('setting-invalid', `a key can not have ${keySize} bits`, {
      hint: '--key-size 2048, 3072 or 4096',
    })
  }
  if (subject.length === 0) {
    throw new AppError('setting-invalid', 'a certificate needs a subject', { hint: "--subject 'CN=daemon'" })
  }
  const [{ publicKey, privateKey }, { buildCertificate }] = await Promise.all([
    generate('rsa', { modulusLength: keySize }),
    import('./forge/x509.ts'),
  ])
  const notBefore = new Date(Math.floor((now.getTime() - BACKDATED_MS) / 1000) * 1000)
  const certificatePem = buildCertificate({
    subject,
    publicKey,
    signer: { privateKey },
    notBefore,
    notAfter: new Date(notBefore.getTime() + days * DAY_MS),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
  })
  return {
    certificatePem,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: new X509Certificate(certificatePem),
    key: privateKey,
  }
}
