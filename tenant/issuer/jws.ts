/**
 * The two JWS operations of every token request, in compact form (RFC 7515 section 3.1), by node:crypto directly: one
 * call on this thread costs the issuer less than WebCrypto's way through the thread pool, which jose takes. Headers and
 * claims are checked by the callers; all other JOSE is jose's.
 */
import { constants, type KeyObject, sign, verify } from 'node:crypto'
import type { AssertionAlgorithm } from '../../core/certificate.ts'

/** Signs claims with RS256, the only algorithm of Entra's tokens. */
export function signCompact(header: object, claims: object, key: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** True when the last part of a compact JWS is the signature of what is before it. */
export function verifiesCompact(jws: string, alg: AssertionAlgorithm, key: KeyObject): boolean {
  const end = jws.lastIndexOf('.')
  const input = Buffer.from(jws.slice(0, end))
  return verify('sha256', input, { key, ...PADDING[alg] }, Buffer.from(jws.slice(end + 1), 'base64url'))
}

/** RFC 7518 section 3.5: the salt is as long as the hash. */
const PADDING = {
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
