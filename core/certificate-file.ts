/** The loader: one certificate with its private key out of a file in any of the forms that tools write. */
import { type KeyObject, X509Certificate } from 'node:crypto'
import { chainOf, distinct, fits, isIssuedBy, isSelfIssued, leavesOf } from './certificate-chain.ts'
import { type CertificateParts, certificateParts, damagedCertificate } from './certificate-parts.ts'
import { AppError } from './errors.ts'
import { kdfBudget } from './key-derivation.ts'
import { damagedKey, isConsistent, type KeyPart, type OpenOptions, readPrivateKey } from './private-key.ts'

export { CERTIFICATE_FILE_MAX } from './certificate-parts.ts'

/** A certificate with its private key in memory, out of a file. */
export interface KeyedCertificate {
  readonly chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]
  readonly key: KeyObject
  readonly origin: string
}

export type LoadOptions = Omit<OpenOptions, 'budget'>

export interface LoadKeyedOptions extends LoadOptions {
  /** A second file, where the private key is not in the first. */
  readonly key?: { readonly bytes: Uint8Array; readonly origin: string } | undefined
}

/** What all inputs together hold. */
interface Opened {
  readonly certificates: readonly X509Certificate[]
  readonly keys: readonly KeyObject[]
  /** True also where keys are there that were not read. */
  readonly hasKeys: boolean
}

/**
 * Reads certificate and private key out of the bytes of one file, or of two. The leaf is the certificate that fits the
 * key; its issuers are put in order.
 *
 * @throws AppError with one of the `certificate-…` codes. No message carries file content.
 */
export async function loadCertificate(
  bytes: Uint8Array,
  options: LoadKeyedOptions,
): Promise<KeyedCertificate> {
  const { origin } = options
  const keyOrigin = options.key?.origin ?? origin
  const budget = kdfBudget()
  const inputs = [await open(bytes, { ...options, budget })]
  if (options.key) inputs.push(await open(options.key.bytes, { ...options, origin: keyOrigin, budget }))
  const certificates = distinct(inputs.flatMap((input) => input.certificates))
  const keys = inputs.flatMap((input) => input.keys)
  if (certificates.length === 0) throw noCertificate(origin, keys.length > 0)
  const key = oneKey(keys, keyOrigin)
  assertRsa(key, keyOrigin)
  const leaf = leafFor(key, certificates, keyOrigin)
  assertIntact(leaf, key, keyOrigin)
  return { chain: chainOf(leaf, certificates), key, origin }
}

/**
 * Reads the certificate (its key does not matter) out of the bytes of a file: for `cert thumbprint`, `cert show`.
 *
 * @throws AppError with one of the `certificate-…` codes
 */
export async function loadPublicCertificate(
  bytes: Uint8Array,
  options: LoadOptions,
): Promise<X509Certificate> {
  const [leaf] = await loadPublicChain(bytes, options)
  return leaf
}

/** Like {@link loadPublicCertificate}, with the issuers that the file has. */
export async function loadPublicChain(
  bytes: Uint8Array,
  options: LoadOptions,
): Promise<[leaf: X509Certificate, ...issuers: X509Certificate[]]> {
  const { origin } = options
  const opened = await open(bytes, { ...options, budget: kdfBudget(), publicOnly: true })
  const certificates = distinct(opened.certificates)
  const candidates = leavesOf(certificates)
  const [leaf, second] = candidates.length === 1 ? candidates : ownedOf(certificates, candidates, opened.keys)
  if (leaf === undefined) throw noCertificate(origin, opened.hasKeys)
  if (second !== undefined) {
    throw new AppError(
      'certificate-two-leaves',
      `${origin} has several certificates that do not belong together, so it is not clear which is meant`,
      { hint: 'leave one certificate, and its issuers, in the file' },
    )
  }
  return chainOf(leaf, certificates)
}

/**
 * Refuses a key that Entra would refuse.
 *
 * @throws AppError `certificate-key-not-rsa`, `certificate-key-too-small`
 */
export function assertRsa(key: KeyObject, origin: string): void {
  if (key.asymmetricKeyType !== 'rsa') {
    throw new AppError(
      'certificate-key-not-rsa',
      `the key of ${origin} is ${key.asymmetricKeyType ?? 'unknown'}; Entra takes RSA only`,
      { hint: 'create an RSA certificate: todo-cli cert create NAME' },
    )
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < 2048) {
    throw new AppError(
      'certificate-key-too-small',
      `the RSA key of ${origin} has ${bits} bits; 2048 are the least`,
      { hint: 'create a new certificate: todo-cli cert create NAME' },
    )
  }
}

async function open(
  bytes: Uint8Array,
  { publicOnly = false, ...options }: OpenOptions & { publicOnly?: boolean },
): Promise<Opened> {
  const { origin } = options
  const parts = await unsealed(certificateParts(bytes, origin), options)
  const certificates = parts.certificates.map((der) => {
    try {
      return new X509Certificate(der)
    } catch (cause) {
      throw damagedCertificate(origin, cause)
    }
  })
  const hasKeys = parts.keys.length > 0
  if (publicOnly)
    return {
      certificates,
      keys: certificates.length > 1 ? await readableKeys(parts.keys, options) : [],
      hasKeys,
    }
  const keys: KeyObject[] = []
  for (const part of parts.keys) keys.push(await readPrivateKey(part, options))
  return { certificates, keys, hasKeys }
}

/** Opens a PKCS#12 file, which has to be decrypted before there are any parts. */
async function unsealed(
  { pfx, ...parts }: CertificateParts,
  options: OpenOptions,
): Promise<CertificateParts> {
  if (pfx === undefined) return parts
  const { readPfx } = await import('./forge/pkcs12.ts')
  const { certificates, keys } = readPfx(pfx, options)
  return { certificates, keys: keys.map((der) => ({ form: 'pkcs8', der })) }
}

/** The keys that can be read with what is at hand: enough to tell which of several certificates is the leaf. */
async function readableKeys(parts: readonly KeyPart[], options: OpenOptions): Promise<KeyObject[]> {
  const keys: KeyObject[] = []
  for (const part of parts) {
    const key = await readPrivateKey(part, options).catch(() => undefined)
    if (key !== undefined) keys.push(key)
  }
  return keys
}

function oneKey(found: readonly KeyObject[], origin: string): KeyObject {
  const keys = found.filter((key, index) => found.findIndex((other) => other.equals(key)) === index)
  const [key] = keys
  if (key === undefined) {
    throw new AppError('certificate-no-key', `${origin} has a certificate, but no private key`, {
      hint: 'name the file that has both (cert create writes NAME.pem; NAME.crt is its public part)',
    })
  }
  if (keys.length > 1) {
    throw new AppError(
      'certificate-two-keys',
      `${origin} has ${keys.length} private keys, so it is not clear which to use`,
      { hint: 'leave one private key and its certificate in the file' },
    )
  }
  return key
}

function noCertificate(origin: string, hasKeys: boolean): AppError {
  return new AppError(
    'certificate-no-certificate',
    hasKeys
      ? `${origin} has a private key, but no certificate`
      : `${origin} has neither a certificate nor a private key`,
    { hint: 'put the certificate into the same file, after the key; or name the file that has both' },
  )
}

function leafFor(key: KeyObject, certificates: readonly X509Certificate[], origin: string): X509Certificate {
  const [leaf, second] = certificates.filter((certificate) => fits(certificate, key))
  if (leaf === undefined) {
    throw new AppError(
      'certificate-key-mismatch',
      `the private key in ${origin} belongs to another certificate`,
      { hint: 'take certificate and key from the same pair, or create a new pair: todo-cli cert create' },
    )
  }
  if (second !== undefined) {
    throw new AppError('certificate-two-leaves', `${origin} has two certificates for the same private key`, {
      hint: 'leave the one that is registered with the app',
    })
  }
  return leaf
}

/** The candidates that belong to one of the keys; all candidates where none does. */
function ownedOf(
  certificates: readonly X509Certificate[],
  candidates: readonly X509Certificate[],
  keys: readonly KeyObject[],
): readonly X509Certificate[] {
  const owned = certificates.filter((certificate) => keys.some((key) => fits(certificate, key)))
  return owned.length > 0 ? owned : candidates
}

/**
 * Catches bits that flipped where the formats would not notice: a key fits by its public numbers alone, and a
 * certificate that vouches for itself must do so.
 */
function assertIntact(leaf: X509Certificate, key: KeyObject, origin: string): void {
  if (isSelfIssued(leaf) && !isIssuedBy(leaf, leaf)) throw damagedCertificate(origin)
  if (!isConsistent(key)) throw damagedKey(origin)
}
