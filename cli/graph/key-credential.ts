/** A certificate as Graph registers it: its public part with an id, a name and dates. */
import { createHash, type X509Certificate } from 'node:crypto'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { KeyCredential } from './objects.ts'

/**
 * The SHA-1 thumbprint of a registered certificate, in upper-case hexadecimal. `customKeyIdentifier` holds it as base64 or,
 * in some answers of Graph, as hexadecimal; where it is absent, the certificate itself tells.
 */
export function thumbprintOfCredential({
  customKeyIdentifier,
  key,
}: Pick<KeyCredential, 'customKeyIdentifier' | 'key'>): string | undefined {
  if (customKeyIdentifier && /^[0-9a-f]{40}$/i.test(customKeyIdentifier))
    return customKeyIdentifier.toUpperCase()
  const bytes = Buffer.from(customKeyIdentifier ?? '', 'base64')
  if (bytes.length === 20) return bytes.toString('hex').toUpperCase()
  return key ? createHash('sha1').update(Buffer.from(key, 'base64')).digest('hex').toUpperCase() : undefined
}

/**
 * The entry for a certificate. Its id follows from the certificate, so that an app that may not read its own registration
 * still knows which key to remove.
 */
export function keyCredentialFor(leaf: X509Certificate): KeyCredential & { readonly keyId: string } {
  return {
    keyId: keyIdFor(leaf),
    displayName: leaf.subject.replaceAll('\n', ', '),
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: leaf.raw.toString('base64'),
    startDateTime: leaf.validFromDate.toISOString(),
    endDateTime: leaf.validToDate.toISOString(),
  }
}

/** A UUID of version 8 (RFC 9562 section 5.8) over the SHA-256 thumbprint. */
export function keyIdFor(leaf: Pick<X509Certificate, 'raw'>): string {
  const hex = thumbprintsOf(leaf.raw).sha256.toLowerCase()
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
