import { createHash } from 'node:crypto'
import type { KeyCredential } from '../../graph/client.ts'

/**
 * The SHA-1 thumbprint of a registered certificate, in upper-case hexadecimal. `customKeyIdentifier` holds it as base64 or,
 * in some answers of Graph, as hexadecimal; where it is absent, the certificate itself tells.
 */
export function thumbprintOfCredential({ customKeyIdentifier, key }: KeyCredential): string | undefined {
  if (customKeyIdentifier && /^[0-9a-f]{40}$/i.test(customKeyIdentifier))
    return customKeyIdentifier.toUpperCase()
  const bytes = Buffer.from(customKeyIdentifier ?? '', 'base64')
  if (bytes.length === 20) return bytes.toString('hex').toUpperCase()
  return key ? createHash('sha1').update(Buffer.from(key, 'base64')).digest('hex').toUpperCase() : undefined
}
