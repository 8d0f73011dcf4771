import { createPublicKey } from 'node:crypto'

/** A public RSA key that may verify access tokens, cut down to what verification needs. */
export interface SigningKey {
  readonly kty: 'RSA'
  readonly use: 'sig'
  readonly kid: string
  readonly n: string
  readonly e: string
}

/** Entra's keys have 2048 bits; RFC 7518 section 3.3 allows no fewer for RS256. */
const MODULUS_MIN_BITS = 2048

/**
 * The keys of a JWK Set (RFC 7517 section 5) that may verify an RS256 signature. Others are skipped, as section 5 says.
 * A kid that stands for two different keys is skipped too: it is not clear which is meant.
 *
 * @throws Error when there is no usable key, so that a broken answer never replaces good keys
 */
export function readSigningKeys(document: unknown): SigningKey[] {
  const list =
    typeof document === 'object' && document !== null ? (document as Record<string, unknown>).keys : undefined
  if (!Array.isArray(list)) throw new Error('the key set has no list of keys')
  const byKid = new Map<string, SigningKey | 'ambiguous'>()
  for (const entry of list) {
    const key = readKey(entry)
    if (key === undefined) continue
    const other = byKid.get(key.kid)
    const same = other === undefined || (other !== 'ambiguous' && other.n === key.n && other.e === key.e)
    byKid.set(key.kid, same ? key : 'ambiguous')
  }
  const keys = [...byKid.values()].filter((key) => key !== 'ambiguous')
  if (keys.length === 0) throw new Error('the key set has no key for RS256')
  return keys
}

function readKey(entry: unknown): SigningKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const { kty, use, alg, kid, n, e } = entry as Record<string, unknown>
  if (kty !== 'RSA' || (use !== undefined && use !== 'sig') || (alg !== undefined && alg !== 'RS256'))
    return undefined
  if (typeof kid !== 'string' || kid === '' || typeof n !== 'string' || typeof e !== 'string')
    return undefined
  try {
    const details = createPublicKey({ key: { kty, n, e }, format: 'jwk' }).asymmetricKeyDetails
    const { modulusLength = 0, publicExponent = 0n } = details ?? {}
    // With the exponent 1 every signature is its own message: anyone could forge it. OpenSSL takes such a key.
    const strong = modulusLength >= MODULUS_MIN_BITS && publicExponent >= 3n && publicExponent % 2n === 1n
    return strong ? { kty, use: 'sig', kid, n, e } : undefined
  } catch {
    return undefined
  }
}
