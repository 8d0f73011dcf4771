/** Everything that can be told about a certificate without asking the issuer, check by check. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { assertInTime, publicKeyOf } from './certificate.ts'
import { fits, isIssuedBy, isSelfIssued } from './certificate-chain.ts'
import { certificateDetails, daysLeft, EXPIRY_WARNING_DAYS } from './certificate-details.ts'
import { assertRsa } from './certificate-file.ts'
import { AppError } from './errors.ts'

/** `warning`: works today; `skipped`: could not be looked at here. */
export type CheckResult = 'ok' | 'warning' | 'failed' | 'skipped'

export interface Check {
  readonly check: 'dates' | 'algorithm' | 'private key' | 'usage' | 'chain'
  readonly result: CheckResult
  readonly detail: string
}

/**
 * Checks a certificate for use as a client credential of Entra. `key` is undefined where the private key is somewhere else
 * (the public part alone, a vault).
 */
export function checkCertificate(
  chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]],
  key: KeyObject | undefined,
  now: Date = new Date(),
): Check[] {
  const [leaf] = chain
  return [
    checkDates(leaf, now),
    checkAlgorithm(leaf),
    checkKey(leaf, key),
    checkUsage(leaf),
    checkChain(chain),
  ]
}

function checkDates(leaf: X509Certificate, now: Date): Check {
  const problem = refusal(() => assertInTime(leaf, '', now))
  if (problem !== undefined) return { check: 'dates', result: 'failed', detail: problem }
  const days = daysLeft({ notAfter: leaf.validToDate }, now)
  const detail = `valid until ${leaf.validToDate.toISOString().slice(0, 10)}, ${days} days left`
  return { check: 'dates', result: days < EXPIRY_WARNING_DAYS ? 'warning' : 'ok', detail }
}

function checkAlgorithm(leaf: X509Certificate): Check {
  const problem = refusal(() => assertRsa(publicKeyOf(leaf, ''), ''))
  if (problem !== undefined) return { check: 'algorithm', result: 'failed', detail: problem }
  const { signatureAlgorithm, keySize } = certificateDetails(leaf)
  const weak = /^(md5|sha1)/.test(signatureAlgorithm)
  return {
    check: 'algorithm',
    result: weak ? 'warning' : 'ok',
    detail: `RSA ${keySize}, ${signatureAlgorithm}${weak ? ', which is no longer safe' : ''}`,
  }
}

function checkKey(leaf: X509Certificate, key: KeyObject | undefined): Check {
  if (key === undefined) return { check: 'private key', result: 'skipped', detail: 'not here' }
  return fits(leaf, key)
    ? { check: 'private key', result: 'ok', detail: 'fits the certificate' }
    : { check: 'private key', result: 'failed', detail: 'belongs to another certificate' }
}

/** Entra does not look at the usages; other parties that trust the certificate do (RFC 5280 section 4.2.1.3). */
function checkUsage(leaf: X509Certificate): Check {
  const { keyUsage, extendedKeyUsage, ca } = certificateDetails(leaf)
  const problems = [
    keyUsage && !keyUsage.includes('digitalSignature')
      ? 'its key usage does not include digitalSignature'
      : undefined,
    extendedKeyUsage && !extendedKeyUsage.some((usage) => CLIENT_USAGES.includes(usage))
      ? 'its extended key usage does not include clientAuth'
      : undefined,
    ca ? 'it is the certificate of an authority' : undefined,
  ].filter((problem) => problem !== undefined)
  const stated = [...(keyUsage ?? []), ...(extendedKeyUsage ?? [])].join(', ')
  return problems.length > 0
    ? { check: 'usage', result: 'warning', detail: problems.join('; ') }
    : { check: 'usage', result: 'ok', detail: stated === '' ? 'not limited' : stated }
}

const CLIENT_USAGES = ['clientAuth', 'anyExtendedKeyUsage']

function checkChain(chain: readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]): Check {
  const last = chain.at(-1) ?? chain[0]
  if (isSelfIssued(last)) {
    if (!isIssuedBy(last, last))
      return { check: 'chain', result: 'failed', detail: 'its own signature does not verify' }
    const detail = chain.length === 1 ? 'self-signed' : `${chain.length} certificates, up to the root`
    return { check: 'chain', result: 'ok', detail }
  }
  return {
    check: 'chain',
    result: 'skipped',
    detail: `the issuer ${certificateDetails(last).issuer} is not here`,
  }
}

/** Why `check` refuses the certificate, in a few words. */
function refusal(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof AppError) return REASONS[error.code] ?? error.message
    throw error
  }
}

const REASONS: Readonly<Record<string, string>> = {
  'certificate-expired': 'expired',
  'certificate-not-yet-valid': 'not valid yet',
  'certificate-malformed': 'its dates or its key can not be read',
  'certificate-key-not-rsa': 'no RSA key; Entra takes RSA only',
  'certificate-key-too-small': 'an RSA key of fewer than 2048 bits',
}
