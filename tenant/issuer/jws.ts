/**
 * The two JWS operations of every token request, in compact form (RFC 7515 section 3.1), by node:crypto directly: one
 * call on this thread costs the issuer less than WebCrypto's way through the thread pool, which jose takes. Headers and
 * claims are checked by the callers; all other JOSE is jose's.
 */
import { constants, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { AssertionAlgorithm } from '../../core/certificate.ts'

/** Signs claims with RS256, the only algorithm of Entra's tokens. @param header encoded, since all tokens of a key share it */
export function signCompact(header: string, claims: object, key: KeyObject): string {
  const input = `${header}.${encodePart(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input, 'latin1'), key).toString('base64url')}`
}

/** True when the last part of a compact JWS is the signature of what is before it. */
export function verifiesCompact(jws: string, key: KeyObject): boolean {
  const end = jws.lastIndexOf('.')
  const signature = Buffer.from(jws.slice(end + 1), 'base64url')
  return verify('sha256', Buffer.from(jws.slice(0, end)), key, signature)
}

/** A public key as each algorithm takes it. */
export type VerifyKeys = Readonly<Record<AssertionAlgorithm, KeyObject>>

/**
 * The options of `verify` (RFC 7518 section 3.5: the salt is as long as the hash) as members of the key itself. An object
 * around the key would cost more than the verification: Node.js finds out by two exceptions that it is no key.
 */
export function verifyKeys(key: KeyObject): VerifyKeys {
  const der = key.export({ type: 'spki', format: 'der' })
  const withOptions = (options: object) =>
    Object.assign(createPublicKey({ key: der, type: 'spki', format: 'der' }), options)
  return {
    RS256: withOptions({ padding: constants.RSA_PKCS1_PADDING }),
    PS256: withOptions({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  }
}

/** Header or claims, as a compact JWS has them. */
export function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
