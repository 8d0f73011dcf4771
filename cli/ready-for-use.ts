import type { X509Certificate } from 'node:crypto'
import { assertUsable } from '../core/certificate.ts'
import { expiryWarning } from './expiry-warning.ts'
import type { Output } from './io.ts'

/**
 * Refuses a certificate that is of no use, before any request, and warns of one that soon will be.
 *
 * @throws AppError as {@link assertUsable}
 */
export function readyForUse(out: Output, leaf: X509Certificate, origin: string): void {
  assertUsable(leaf, origin)
  warnOfEnd(out, leaf, origin)
}

/** Warns of a certificate that ends soon, or has ended. */
export function warnOfEnd(out: Output, leaf: X509Certificate, origin: string): void {
  const warning = expiryWarning({ origin, notAfter: leaf.validToDate })
  if (warning) out.warn(warning)
}
