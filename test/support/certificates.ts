/** Keys and certificates for tests, made when a test runs: none is ever committed. */
import { generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { buildCertificate } from '../../core/forge/x509.ts'

const generate = promisify(generateKeyPair)
const DAY = 86_400_000

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

export interface CertificateOptions {
  readonly cn?: string
  /** Days from now; negative for the past. */
  readonly from?: number
  readonly until?: number
  /** The authority that signs; the key itself where there is none. */
  readonly issuer?: { readonly keys: KeyPair; readonly pem: string } | undefined
  readonly ca?: boolean
}

export const rsaKeys = (bits = 2048): Promise<KeyPair> => generate('rsa', { modulusLength: bits })
export const ecKeys = (): Promise<KeyPair> => generate('ec', { namedCurve: 'P-256' })

/** A certificate in PEM for an RSA key pair, made by our own builder. */
export function certificateFor(keys: KeyPair, options: CertificateOptions = {}): string {
  const { cn = 'daemon', from = -1, until = 365, issuer, ca = false } = options
  return buildCertificate({
    subject: [{ type: 'CN', value: cn }],
    publicKey: keys.publicKey,
    signer: issuer
      ? { privateKey: issuer.keys.privateKey, issuer: { certificatePem: issuer.pem } }
      : { privateKey: keys.privateKey },
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + until * DAY),
    ca,
    keyUsage: ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'],
    ...(ca ? {} : { extendedKeyUsage: ['clientAuth' as const] }),
  })
}

/** Two keys with a certificate each, and one that a CA below a root issued for the first: what a file may hold. */
export async function certificatesForFiles() {
  const [keys, otherKeys, rootKeys, caKeys] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys(), rsaKeys()])
  const root = { keys: rootKeys, pem: certificateFor(rootKeys, { cn: 'root', ca: true }) }
  const ca = { keys: caKeys, pem: certificateFor(caKeys, { cn: 'ca', ca: true, issuer: root }) }
  return {
    ...{ keys, otherKeys, root, ca, key: pkcs8(keys.privateKey) },
    ...{ crt: certificateFor(keys), otherCrt: certificateFor(otherKeys, { cn: 'other' }) },
    issued: certificateFor(keys, { cn: 'issued', issuer: ca }),
  }
}

/** A private key as PKCS#8 PEM, encrypted where there is a passphrase. */
export function pkcs8(key: KeyObject, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return key.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString()
}

export const derOf = (pem: string): Buffer => new X509Certificate(pem).raw

/** The same certificate with a public key of a kind that OpenSSL does not know. */
export function withUnknownKey({ raw }: X509Certificate): X509Certificate {
  const der = Buffer.from(raw)
  // rsaEncryption is 1.2.840.113549.1.1.1; its last arc becomes 99.
  der[der.indexOf(Buffer.from('06092a864886f70d010101', 'hex')) + 10] = 99
  return new X509Certificate(der)
}
