/**
 * Private keys in the forms that tools write: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017), SEC 1, and encrypted ones.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type DerElement, DerTag, derNumber, readDer, readDerChildren } from './der.ts'
import { AppError, systemCode } from './errors.ts'
import { type KdfBudget, kdfBudget, scryptRounds, UnsupportedEncryption } from './key-derivation.ts'

/** A private key as it was found in a file. */
export type KeyPart =
  | { readonly form: 'pkcs8' | 'pkcs1' | 'sec1' | 'encrypted-pkcs8'; readonly der: Buffer }
  /** `Proc-Type: 4,ENCRYPTED` (RFC 1421, as OpenSSL before PKCS#8 wrote it). */
  | { readonly form: 'legacy-encrypted'; readonly pem: string }
  /** A form that is no private key of a certificate: OpenSSH's, a TPM's. */
  | { readonly form: 'foreign' }
  | { readonly form: 'damaged' }

/** How something that may be encrypted is opened. */
export interface OpenOptions {
  /** The file's name, for messages. */
  readonly origin: string
  readonly passphrase?: string | undefined
  /** Where the passphrase is from, or where it would be, for hints: `the variable CERT_PASSPHRASE`. */
  readonly passphraseFrom?: string | undefined
  /** What opening it may cost; shared by all parts of a file. */
  readonly budget?: KdfBudget | undefined
}

/**
 * Reads a private key, decrypting it where needed.
 *
 * @throws AppError `certificate-passphrase-missing`, `certificate-passphrase-wrong`, `certificate-malformed`,
 * `certificate-encryption-unsupported`, `certificate-not-recognised`
 */
export async function readPrivateKey(part: KeyPart, options: OpenOptions): Promise<KeyObject> {
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
      return decryptPkcs8(part.der, options)
    case 'legacy-encrypted':
      return decryptLegacy(part.pem, options)
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

/** `Proc-Type: 4,ENCRYPTED`: one round of MD5, so nothing to be careful about but the passphrase. */
function decryptLegacy(pem: string, options: OpenOptions): KeyObject {
  const { origin, passphrase } = options
  if (passphrase === undefined) throw passphraseMissing(options)
  try {
    return createPrivateKey({ key: pem, passphrase })
  } catch (cause) {
    const code = systemCode(cause) ?? ''
    if (CIPHER_UNSUPPORTED.test(code)) throw encryptionUnsupported(origin, cause)
    if (HEADER_DAMAGED.test(code)) throw damagedKey(origin, cause)
    throw passphraseWrong(options, cause)
  }
}

/**
 * A cipher that OpenSSL 3 has no more, or never had. ERR_OSSL_UNSUPPORTED is none of these: the decoder says so about what
 * one wrong passphrase in some 300 decrypts to, whose padding looks right.
 */
const CIPHER_UNSUPPORTED = /^ERR_OSSL_(EVP_UNSUPPORTED|PEM_UNSUPPORTED_ENCRYPTION|PEM_UNEXPECTED_DEK_IV)$/

/** No `DEK-Info`, or no whole IV in it: no passphrase would help. */
const HEADER_DAMAGED = /^ERR_OSSL_PEM_(NOT_DEK_INFO|BAD_IV_CHARS)$/

/** EncryptedPrivateKeyInfo. OpenSSL opens it; what OpenSSL 3 has no more (DES, RC2), node-forge's reader does. */
async function decryptPkcs8(der: Buffer, options: OpenOptions): Promise<KeyObject> {
  const { origin, passphrase, budget = kdfBudget() } = options
  const encryption = encryptionOf(der)
  if (encryption === undefined) throw damagedKey(origin)
  if (passphrase === undefined) throw passphraseMissing(options)
  try {
    budget.spend(encryption.rounds)
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase })
  } catch (cause) {
    if (cause instanceof UnsupportedEncryption || /MEMORY_LIMIT/.test(systemCode(cause) ?? ''))
      throw encryptionUnsupported(origin, cause)
    // One wrong passphrase in about 250 decrypts to padding that looks right, and only the decoder then stumbles
    // (ERR_OSSL_UNSUPPORTED), as it does over a cipher that it does not know. So the algorithm is looked at, not the code.
    if (encryption.known) throw passphraseWrong(options, cause)
    return decryptOldPkcs8(der, passphrase, { ...options, budget })
  }
}

async function decryptOldPkcs8(der: Buffer, passphrase: string, options: OpenOptions): Promise<KeyObject> {
  const { decryptPrivateKeyInfo } = await import('./forge/pkcs8.ts')
  try {
    const plain = decryptPrivateKeyInfo(der, passphrase, options.budget)
    return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  } catch (cause) {
    if (cause instanceof UnsupportedEncryption) throw encryptionUnsupported(options.origin, cause)
    throw passphraseWrong(options, cause)
  }
}

interface Encryption {
  /** What opening it costs. */
  readonly rounds: number
  /** True where a failure can only be the passphrase's. */
  readonly known: boolean
}

/** EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }; undefined for what is none. */
function encryptionOf(der: Buffer): Encryption | undefined {
  const [algorithm] = childrenOf(readDer(der))
  if (algorithm?.tag !== DerTag.SEQUENCE) return undefined
  const [scheme, parameters] = childrenOf(algorithm)
  if (hex(scheme) !== PBES2) return { rounds: largest(numbersOf(parameters)), known: false }
  const [kdf, cipher] = childrenOf(parameters)
  const [derivation, costs] = childrenOf(kdf)
  const numbers = numbersOf(costs)
  const [cost = 0, blockSize = 0, parallelism = 0] = numbers
  return {
    rounds: hex(derivation) === SCRYPT ? scryptRounds(cost, blockSize, parallelism) : largest(numbers),
    known: PBES2_CIPHERS.test(hex(childrenOf(cipher)[0])),
  }
}

const childrenOf = (element: DerElement | undefined): DerElement[] =>
  (element && readDerChildren(element.content)) ?? []
const hex = (element: DerElement | undefined) => element?.content.toString('hex') ?? ''
const largest = (numbers: readonly number[]) => Math.max(1, ...numbers)
const numbersOf = (element: DerElement | undefined): number[] =>
  childrenOf(element)
    .filter(({ tag }) => tag === DerTag.INTEGER)
    .map((number) => derNumber(number) ?? Number.POSITIVE_INFINITY)

/** OIDs as they are encoded: 1.2.840.113549.1.5.13 and 1.3.6.1.4.1.11591.4.11. */
const PBES2 = '2a864886f70d01050d'
const SCRYPT = '2b06010401da47040b'
/** In CBC mode: AES (2.16.840.1.101.3.4.1.2, .22 and .42), 3DES, Camellia, ARIA, SM4: the ciphers that OpenSSL 3 has. */
const PBES2_CIPHERS =
  /^(6086480165030401(02|16|2a)|2a864886f70d0307|2a83088c9a4b3d010101(02|03|04)|2a831a8c9a6e0101(02|07|0c)|2a811ccf55016802)$/

/** @internal Shared with the reader of PKCS#12, which meets the same failures. */
export function passphraseMissing({ origin, passphraseFrom }: OpenOptions): AppError {
  return new AppError('certificate-passphrase-missing', `the private key in ${origin} is encrypted`, {
    hint: passphraseFrom
      ? `give its passphrase in ${passphraseFrom}`
      : 'give its passphrase in the variable CERT_PASSPHRASE, or with --passphrase-file FILE',
  })
}

/** @internal */
export function passphraseWrong({ origin, passphraseFrom }: OpenOptions, cause?: unknown): AppError {
  return new AppError(
    'certificate-passphrase-wrong',
    `the passphrase does not open the private key in ${origin}`,
    { hint: `check ${passphraseFrom ?? 'the passphrase'}: capitals, blanks and line breaks count`, cause },
  )
}

/** @internal */
export function encryptionUnsupported(origin: string, cause?: unknown): AppError {
  const why = cause instanceof UnsupportedEncryption ? `: ${cause.message}` : ''
  return new AppError(
    'certificate-encryption-unsupported',
    `the private key in ${origin} is encrypted in a way that is not supported${why}`,
    {
      hint: 'encrypt it again with AES: openssl pkcs8 -topk8 -v2 aes256 -in FILE -out NEW; a PFX file: openssl pkcs12 -export',
      cause,
    },
  )
}

/** @internal */
export function damagedKey(origin: string, cause?: unknown): AppError {
  return new AppError('certificate-malformed', `the private key in ${origin} is damaged`, {
    hint: 'export it again from where it came from',
    cause,
  })
}
