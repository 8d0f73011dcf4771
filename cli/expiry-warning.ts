import { daysLeft, EXPIRY_WARNING_DAYS } from '../core/certificate-details.ts'

/** Which certificate was used, and when it ends. */
export interface UsedCertificate {
  /** A path or a vault URL, for messages. */
  readonly origin: string
  readonly notAfter: Date
}

/** What to say of a certificate that ends soon; undefined of one that does not. Said by every command that uses one. */
export function expiryWarning(
  { origin, notAfter }: UsedCertificate,
  now: Date = new Date(),
): string | undefined {
  const days = daysLeft({ notAfter }, now)
  if (days >= EXPIRY_WARNING_DAYS) return undefined
  const left =
    days < 0 ? 'has expired' : days === 0 ? 'expires today' : `expires in ${days} day${days === 1 ? '' : 's'}`
  return `the certificate ${origin} ${left}; make and register a new one: todo-cli cert create NAME`
}
