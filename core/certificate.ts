/**
 * Client certificates: the contract of a signer, the loader for files, and the checks before one is used.
 */
import { constants, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { AppError, systemCode } from './errors.ts'
import { readPemBlocks } from './pem.ts'
import { normaliseThumbprint, thumbprintsOf } from './thumbprints.ts'

/** JWS algorithms that Entra takes for a client assertion (RFC 7518 sections 3.3 and 3.5). */
export type AssertionAlgorithm = 'PS256' | 'RS256'

/**
 * A certificate that can prove who a client is. It offers an operation, never a key: the key of a vault, a smart card or
 * an HSM can't leave it, and a file's does not need to.
 */
export interface ClientCertificate {
  /** PEM, the leaf first, then its issuers where known. */
  readonly chainPem: readonly [leaf: string, ...issuers: string[]]
  readonly notAfter: Date
  /** Where it is from, for messages: a path or a vault URL. Never a secret. */
  readonly origin: string
  /**
   * Signs `data` (the bytes themselves, not their digest) and returns the raw signature.
   * Called once for each client assertion. Throws AppError when whoever holds the key refuses or can't be reached.
   */
  sign(alg: AssertionAlgorithm, data: Uint8Array): Promise<Uint8Array>
}

/** A certificate with its private key in memory, out of a file. */
export interface KeyedCertificate {
  readonly chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]
  readonly key: KeyObject
  readonly origin: string
}

export interface LoadOptions {
  /** The file's name, for messages. */
  readonly origin: string
  readonly passphrase?: string | undefined
}

/** The most that a certificate file may have, in bytes. */
export const CERTIFICATE_FILE_MAX = 1024 * 1024

/**
 * Reads certificate and private key out of the bytes of one file. PEM, in any order; the leaf is the certificate that
 * fits the key.
 *
 * @throws AppError with one of the `certificate-…` codes. No message carries file content.
 */
export async function loadCertificate(bytes: Uint8Array, options: LoadOptions): Promise<KeyedCertificate> {
  const { certificates, keys } = parsePem(bytes, options)
  const { origin } = options
  if (keys.length === 0) {
    throw new AppError('certificate-no-key', `${origin} has a certificate, but no private key`, {
      hint: 'name the file that has both (cert create writes NAME.pem; NAME.crt is its public part)',
    })
  }
  if (keys.length > 1) {
    throw new AppError(
      'certificate-two-keys',
      `${origin} has ${keys.length} private keys, so it is not clear which to use`,
      {
        hint: 'leave one private key and its certificate in the file',
      },
    )
  }
  if (certificates.length === 0) {
    throw new AppError('certificate-no-certificate', `${origin} has a private key, but no certificate`, {
      hint: 'put the certificate into the same file, after the key',
    })
  }
  const key = keys[0] as KeyObject
  assertRsa(key, origin)
  const leaves = certificates.filter((certificate) => certificate.checkPrivateKey(key))
  const [leaf, second] = leaves
  if (leaf === undefined) {
    throw new AppError(
      'certificate-key-mismatch',
      `the private key in ${origin} belongs to another certificate`,
      {
        hint: 'take certificate and key from the same pair, or create a new pair: todo-cli cert create',
      },
    )
  }
  if (second !== undefined && !second.raw.equals(leaf.raw)) {
    throw new AppError('certificate-two-leaves', `${origin} has two certificates for the same private key`, {
      hint: 'leave the one that is registered with the app',
    })
  }
  const issuers = certificates.filter((certificate) => !leaves.includes(certificate))
  return { chain: [leaf, ...issuers], key, origin }
}

/** Reads the certificate (its key does not matter) out of the bytes of a file: for `cert thumbprint`, `cert show`. */
export async function loadPublicCertificate(
  bytes: Uint8Array,
  options: LoadOptions,
): Promise<X509Certificate> {
  const { certificates, keys } = parsePem(bytes, { ...options, publicOnly: true })
  const leaf =
    certificates.find((certificate) => keys.some((key) => certificate.checkPrivateKey(key))) ??
    certificates[0]
  if (leaf === undefined) {
    throw new AppError(
      'certificate-no-certificate',
      `${options.origin} has a private key, but no certificate`,
      {
        hint: 'name the file that has the certificate',
      },
    )
  }
  return leaf
}

/** A signer over a key in memory. */
export function clientCertificate({ chain, key, origin }: KeyedCertificate): ClientCertificate {
  const [leaf, ...issuers] = chain
  return {
    chainPem: [leaf.toString(), ...issuers.map(String)],
    notAfter: leaf.validToDate,
    origin,
    sign: async (alg, data) => sign('sha256', data, { key, ...paddingOf(alg) }),
  }
}

/** True when `signature` over `data` verifies with the certificate's public key. */
export function verifiesWith(
  leaf: X509Certificate,
  alg: AssertionAlgorithm,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify('sha256', data, { key: leaf.publicKey, ...paddingOf(alg) }, signature)
}

/**
 * Refuses a certificate that Entra would refuse, before any request: expired, not yet valid, not RSA, too small.
 *
 * @throws AppError `certificate-expired`, `certificate-not-yet-valid`, `certificate-key-not-rsa`, `certificate-key-too-small`
 */
export function assertUsable(leaf: X509Certificate, origin: string, now: Date = new Date()): void {
  if (now > leaf.validToDate) {
    throw new AppError(
      'certificate-expired',
      `the certificate ${origin} expired on ${day(leaf.validToDate)}`,
      {
        hint: 'create and register a new one: todo-cli cert create NAME',
      },
    )
  }
  if (now < leaf.validFromDate) {
    throw new AppError(
      'certificate-not-yet-valid',
      `the certificate ${origin} is valid from ${day(leaf.validFromDate)}`,
      {
        hint: "check this machine's clock, or wait until then",
      },
    )
  }
  assertRsa(leaf.publicKey, origin)
}

/**
 * Compares a thumbprint that the user configured (SHA-1 or SHA-256, hexadecimal or base64url) with the certificate's.
 *
 * @throws AppError `certificate-thumbprint-mismatch`, `setting-invalid`
 */
export function assertThumbprint(leaf: X509Certificate, configured: string, origin: string): void {
  const wanted = normaliseThumbprint(configured)
  if (wanted === undefined) {
    throw new AppError('setting-invalid', 'CERT_THUMBPRINT is neither a SHA-1 nor a SHA-256 thumbprint', {
      hint: `leave it out, or see which it is: todo-cli cert thumbprint ${origin}`,
    })
  }
  const { sha1, sha256 } = thumbprintsOf(leaf.raw)
  if (wanted !== sha1 && wanted !== sha256) {
    throw new AppError(
      'certificate-thumbprint-mismatch',
      `CERT_THUMBPRINT is not the thumbprint of ${origin} (${sha1})`,
      {
        hint: 'leave CERT_THUMBPRINT out (it is computed), or name the other certificate file',
      },
    )
  }
}

function assertRsa(key: KeyObject, origin: string): void {
  if (key.asymmetricKeyType !== 'rsa') {
    throw new AppError(
      'certificate-key-not-rsa',
      `the key of ${origin} is ${key.asymmetricKeyType ?? 'unknown'}; Entra takes RSA only`,
      {
        hint: 'create an RSA certificate: todo-cli cert create NAME',
      },
    )
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < 2048) {
    throw new AppError(
      'certificate-key-too-small',
      `the RSA key of ${origin} has ${bits} bits; 2048 are the least`,
      {
        hint: 'create a new certificate: todo-cli cert create NAME',
      },
    )
  }
}

function paddingOf(alg: AssertionAlgorithm) {
  return alg === 'PS256'
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    : { padding: constants.RSA_PKCS1_PADDING }
}

function parsePem(
  bytes: Uint8Array,
  { origin, passphrase, publicOnly = false }: LoadOptions & { publicOnly?: boolean },
): { certificates: X509Certificate[]; keys: KeyObject[] } {
  if (bytes.length === 0) {
    throw new AppError('certificate-empty', `${origin} is empty`, {
      hint: 'create one: todo-cli cert create NAME',
    })
  }
  if (bytes.length > CERTIFICATE_FILE_MAX) {
    throw new AppError(
      'certificate-too-large',
      `${origin} is larger than 1 MB, so it is no certificate file`,
      {
        hint: 'name the PEM file that has the certificate and its private key',
      },
    )
  }
  const blocks = readPemBlocks(bytes)
  const certificateBlocks = blocks.filter(
    ({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE',
  )
  const keyBlocks = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (certificateBlocks.length + keyBlocks.length === 0) {
    throw new AppError('certificate-not-recognised', `${origin} is not a PEM file with a certificate`, {
      hint: 'a PEM file has lines such as -----BEGIN CERTIFICATE-----; create one: todo-cli cert create NAME',
    })
  }
  const certificates = certificateBlocks.map(({ pem }) => {
    try {
      return new X509Certificate(pem)
    } catch (cause) {
      throw new AppError('certificate-malformed', `a certificate in ${origin} is damaged`, {
        hint: 'export it again from where it came from',
        cause,
      })
    }
  })
  const keys = publicOnly ? [] : keyBlocks.map(({ pem }) => readKey(pem, origin, passphrase))
  return { certificates, keys }
}

function readKey(pem: string, origin: string, passphrase: string | undefined): KeyObject {
  const encrypted = pem.includes('ENCRYPTED')
  if (encrypted && passphrase === undefined) {
    throw new AppError('certificate-passphrase-missing', `the private key in ${origin} is encrypted`, {
      hint: 'give its passphrase in the variable CERT_PASSPHRASE, or with --passphrase-file FILE',
    })
  }
  try {
    return createPrivateKey(encrypted && passphrase !== undefined ? { key: pem, passphrase } : pem)
  } catch (cause) {
    const code = systemCode(cause)
    if (encrypted && code !== undefined && /BAD_DECRYPT|BAD_PASSWORD|CRYPTO_INTERRUPTED/.test(code)) {
      throw new AppError(
        'certificate-passphrase-wrong',
        `the passphrase does not open the private key in ${origin}`,
        {
          hint: 'check CERT_PASSPHRASE (a line break at its end counts)',
        },
      )
    }
    throw new AppError('certificate-malformed', `the private key in ${origin} is damaged`, {
      hint: 'export it again from where it came from',
    })
  }
}

const day = (date: Date) => date.toISOString().slice(0, 10)
