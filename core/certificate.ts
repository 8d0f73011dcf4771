/**
 * Client certificates: the contract of a signer, and the checks before one is used. The loader for files is in
 * certificate-file.ts.
 */
import { constants, sign, verify, type X509Certificate } from 'node:crypto'
import { assertRsa, type KeyedCertificate } from './certificate-file.ts'
import { damagedCertificate } from './certificate-parts.ts'
import { AppError } from './errors.ts'
import { normaliseThumbprint, thumbprintsOf } from './thumbprints.ts'

export {
  CERTIFICATE_FILE_MAX,
  type KeyedCertificate,
  loadCertificate,
  loadPublicCertificate,
  loadPublicChain,
} from './certificate-file.ts'

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

/** How far this machine's clock may be behind the one that made a certificate. */
const CLOCK_SKEW_MS = 5 * 60_000

/**
 * Refuses a certificate that Entra would refuse, before any request: expired, not yet valid, not RSA, too small.
 *
 * @throws AppError `certificate-expired`, `certificate-not-yet-valid`, `certificate-key-not-rsa`,
 * `certificate-key-too-small`, `certificate-malformed`
 */
export function assertUsable(leaf: X509Certificate, origin: string, now: Date = new Date()): void {
  assertInTime(leaf, origin, now)
  assertRsa(publicKeyOf(leaf, origin), origin)
}

/** The part of {@link assertUsable} that is about dates. */
export function assertInTime(leaf: X509Certificate, origin: string, now: Date): void {
  const { validFromDate, validToDate } = leaf
  // OpenSSL reads a certificate with dates that are none. Its text then says so, while Node's Date was seen to be anything.
  if ([leaf.validFrom, leaf.validTo].some((date) => Number.isNaN(Date.parse(date))))
    throw damagedCertificate(origin)
  if (now > validToDate) {
    throw new AppError('certificate-expired', `the certificate ${origin} expired on ${day(validToDate)}`, {
      hint: 'create and register a new one: todo-cli cert create NAME',
    })
  }
  if (now.getTime() + CLOCK_SKEW_MS < validFromDate.getTime()) {
    throw new AppError(
      'certificate-not-yet-valid',
      `the certificate ${origin} is valid from ${instant(validFromDate)}`,
      { hint: "check this machine's clock, or wait until then" },
    )
  }
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
      // In the form that was given: the other one would look just as different.
      `CERT_THUMBPRINT is not the thumbprint of ${origin} (${wanted.length === 64 ? sha256 : sha1})`,
      {
        hint: `unset CERT_THUMBPRINT (it is computed), or name the other certificate file: --certificate-file FILE; all forms of this one: todo-cli cert thumbprint ${origin}`,
      },
    )
  }
}

/** The public key of a certificate. @throws AppError `certificate-malformed` where OpenSSL does not know its kind */
export function publicKeyOf(leaf: X509Certificate, origin: string) {
  try {
    return leaf.publicKey
  } catch (cause) {
    throw damagedCertificate(origin, cause)
  }
}

function paddingOf(alg: AssertionAlgorithm) {
  return alg === 'PS256'
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    : { padding: constants.RSA_PKCS1_PADDING }
}

/** With its time, in UTC, without fractions of a second. */
const instant = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const day = (date: Date) => date.toISOString().slice(0, 10)
