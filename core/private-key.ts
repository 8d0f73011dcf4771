/**
 * Private keys in the forms that tools write: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017), SEC 1, and encrypted ones.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { DerTag, derNumber, readDer, readDerChildren } from './der.ts'
import { AppError, systemCode } from './errors.ts'

/** A private key as it was found in a file. */
export type KeyPart =
  | { readonly form: 'pkcs8' | 'pkcs1' | 'sec1' | 'encrypted-pkcs8'; readonly der: Buffer }
  /** `Proc-Type: 4,ENCRYPTED` (RFC 1421, as OpenSSL before PKCS#8 wrote it). */
  | { readonly form: 'legacy-encrypted'; readonly pem: string }
  /** A form that is no private key of a certificate: OpenSSH's, a TPM's. */
  | { readonly form: 'foreign' }
  | { readonly form: 'damaged' }

export interface KeyOptions {
  /** The file's name, for messages. */
  readonly origin: string
  readonly passphrase?: string | undefined
}

/** Above this many rounds of key derivation a file is taken for hostile: OpenSSL writes 2048, OWASP advises 600,000. */
export const KDF_ROUNDS_MAX = 1_000_000

/**
 * Reads a private key, decrypting it where needed.
 *
 * @throws AppError `certificate-passphrase-missing`, `certificate-passphrase-wrong`, `certificate-malformed`,
 * `certificate-encryption-unsupported`, `certificate-not-recognised`
 */
export function readPrivateKey(part: KeyPart, options: KeyOptions): KeyObject {
  const { origin } = options
  switch (part.form) {
    case 'foreign':
      throw new AppError(
        'certificate-not-recognised',
        `the private key in ${origin} is in a form of its own`,
        {
          hint: 'bring it to PKCS#8: for an OpenSSH key, ssh-keygen -p -m PKCS8 -f FILE',
        },
      )
    case 'damaged':
      throw damagedKey(origin)
    case 'encrypted-pkcs8':
      assertModestKdf(part.der, origin)
      return decryptWith(options, (passphrase) =>
        createPrivateKey({ key: part.der, format: 'der', type: 'pkcs8', passphrase }),
      )
    case 'legacy-encrypted':
      return decryptWith(options, (passphrase) => createPrivateKey({ key: part.pem, passphrase }))
    default:
      try {
        return createPrivateKey({ key: part.der, format: 'der', type: part.form })
      } catch (cause) {
        throw damagedKey(origin, cause)
      }
  }
}

/**
 * True when the numbers of an RSA key belong together (RFC 8017 section 3.2). OpenSSL does not look at this when it
 * reads a key, and it signs around a damaged prime, so the damage would show in another program only.
 */
export function isConsistent(key: KeyObject): boolean {
  const jwk = key.export({ format: 'jwk' })
  const number = (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi') =>
    BigInt(`0x0${Buffer.from(jwk[name] ?? '', 'base64url').toString('hex')}`)
  const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')]
  if (p < 3n || q < 3n || p * q !== n) return false
  if ((e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n) return false
  return number('dp') === d % (p - 1n) && number('dq') === d % (q - 1n) && (number('qi') * q) % p === 1n
}

function decryptWith({ origin, passphrase }: KeyOptions, read: (passphrase: string) => KeyObject): KeyObject {
  if (passphrase === undefined) throw passphraseMissing(origin)
  try {
    return read(passphrase)
  } catch (cause) {
    if (/EVP_UNSUPPORTED|MEMORY_LIMIT/.test(systemCode(cause) ?? ''))
      throw encryptionUnsupported(origin, cause)
    // One wrong passphrase in about 250 decrypts to padding that looks right, and only the decoder then stumbles
    // (ERR_OSSL_UNSUPPORTED), so every failure past this point is the passphrase's.
    throw passphraseWrong(origin, cause)
  }
}

/** Key derivation costs what the file says it costs: an absurd number would keep the program busy for hours. */
function assertModestKdf(der: Buffer, origin: string): void {
  const outer = readDer(der)
  const [algorithm] = (outer && readDerChildren(outer.content)) ?? []
  if (algorithm?.tag !== DerTag.SEQUENCE) throw damagedKey(origin)
  if (!numbersIn(algorithm.content, 0).every((number) => number <= KDF_ROUNDS_MAX)) {
    throw encryptionUnsupported(origin)
  }
}

/** All INTEGERs of an algorithm identifier: iterations, scrypt's costs, key lengths. */
function numbersIn(content: Buffer, depth: number): number[] {
  if (depth > 6) return [Number.POSITIVE_INFINITY]
  return (readDerChildren(content) ?? []).flatMap((child) => {
    if (child.tag === DerTag.SEQUENCE) return numbersIn(child.content, depth + 1)
    return child.tag === DerTag.INTEGER ? [derNumber(child) ?? Number.POSITIVE_INFINITY] : []
  })
}

/** @internal Shared with the reader of PKCS#12, which meets the same failures. */
export function passphraseMissing(origin: string): AppError {
  return new AppError('certificate-passphrase-missing', `the private key in ${origin} is encrypted`, {
    hint: 'give its passphrase in the variable CERT_PASSPHRASE, or with --passphrase-file FILE',
  })
}

/** @internal */
export function passphraseWrong(origin: string, cause?: unknown): AppError {
  return new AppError(
    'certificate-passphrase-wrong',
    `the passphrase does not open the private key in ${origin}`,
    { hint: 'check CERT_PASSPHRASE (a line break at its end counts)', cause },
  )
}

/** @internal */
export function encryptionUnsupported(origin: string, cause?: unknown): AppError {
  return new AppError(
    'certificate-encryption-unsupported',
    `the private key in ${origin} is encrypted in a way that is not supported`,
    { hint: 'encrypt it again with AES: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW', cause },
  )
}

/** @internal */
export function damagedKey(origin: string, cause?: unknown): AppError {
  return new AppError('certificate-malformed', `the private key in ${origin} is damaged`, {
    hint: 'export it again from where it came from',
    cause,
  })
}
