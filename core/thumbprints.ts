import { createHash } from 'node:crypto'

/**
 * The four forms in which a certificate's thumbprint is asked for.
 *
 * A thumbprint is the digest of the whole certificate in DER. SHA-1 serves as a name only, not for security.
 */
export interface Thumbprints {
  /** SHA-1, 40 upper-case hexadecimal digits: the Azure portal, Graph's `customKeyIdentifier`. */
  readonly sha1: string
  /** SHA-1, base64url: the JWT header `x5t` (RFC 7515 section 4.1.7), Key Vault's `x5t`. */
  readonly x5t: string
  /** SHA-256, 64 upper-case hexadecimal digits. */
  readonly sha256: string
  /** SHA-256, base64url: the JWT header `x5t#S256` (RFC 7515 section 4.1.8). */
  readonly 'x5t#S256': string
}

/** The thumbprints of a certificate in DER. */
export function thumbprintsOf(der: Uint8Array): Thumbprints {
  const sha1 = createHash('sha1').update(der).digest()
  const sha256 = createHash('sha256').update(der).digest()
  return {
    sha1: sha1.toString('hex').toUpperCase(),
    x5t: sha1.toString('base64url'),
    sha256: sha256.toString('hex').toUpperCase(),
    'x5t#S256': sha256.toString('base64url'),
  }
}

/**
 * Brings a thumbprint that a person typed to upper-case hexadecimal: colons, spaces and letter case do not matter,
 * base64 and base64url are accepted too. Returns undefined for what is neither SHA-1 nor SHA-256.
 */
export function normaliseThumbprint(text: string): string | undefined {
  const hex = text.replace(/[\s:\u200e\u200f-]/g, '')
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(hex)) return hex.toUpperCase()
  const base64 = text.trim()
  const bytes = /^[\w+/-]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0)
  return bytes.length === 20 || bytes.length === 32 ? bytes.toString('hex').toUpperCase() : undefined
}
