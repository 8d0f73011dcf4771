/** `keyCredentials` of an application: what a PATCH means, and what a GET shows. */
import { randomUUID, X509Certificate } from 'node:crypto'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { KeyCredential } from '../directory.ts'
import { isGuid } from './context.ts'
import { badRequest, GraphError } from './errors.ts'

/**
 * Reads the collection that replaces the present one. An entry that names a present `keyId` without a `key` keeps it.
 *
 * @throws GraphError 400
 */
export function readKeyCredentials(value: unknown, present: readonly KeyCredential[]): KeyCredential[] {
  if (!Array.isArray(value))
    throw badRequest("Invalid value specified for property 'keyCredentials' of resource 'Application'.")
  const entries = value.map((entry) => readKeyCredential(entry, present))
  assertDistinct(entries)
  return entries
}

/** Those that are new, or live at other times than before. */
export function changedKeys(entries: readonly KeyCredential[], present: readonly KeyCredential[]) {
  const isAsBefore = ({ keyId, startDateTime, endDateTime }: KeyCredential) =>
    present.some(
      (known) =>
        known.keyId === keyId && known.startDateTime === startDateTime && known.endDateTime === endDateTime,
    )
  return entries.filter((entry) => !isAsBefore(entry))
}

/** @throws GraphError 400: removeKey names one of them. */
export function assertDistinct(entries: readonly KeyCredential[]): void {
  if (new Set(entries.map(({ keyId }) => keyId)).size === entries.length) return
  throw badRequest("Property 'keyCredentials' has two entries with the same keyId.")
}

/** @throws GraphError 400 */
export function readKeyCredential(value: unknown, present: readonly KeyCredential[]): KeyCredential {
  if (typeof value !== 'object' || value === null) throw invalid()
  const entry: Readonly<Record<string, unknown>> = { ...value }
  const wanted = keyIdOf(entry.keyId)
  const known = present.find(({ keyId }) => keyId === wanted)
  const key = typeof entry.key === 'string' ? entry.key : (known?.key ?? '')
  if (entry.type !== undefined && entry.type !== 'AsymmetricX509Cert') {
    throw new GraphError(400, 'KeyCredentialsInvalidType', 'Key credential type is invalid.')
  }
  if (entry.usage !== undefined && entry.usage !== 'Verify') {
    throw new GraphError(400, 'KeyCredentialsInvalidUsage', 'Key credential usage is invalid.')
  }
  const certificate = readCertificate(key)
  const start = dateOf(entry.startDateTime) ?? known?.startDateTime ?? certificate.validFromDate.toISOString()
  const end = dateOf(entry.endDateTime) ?? known?.endDateTime ?? certificate.validToDate.toISOString()
  if (end > certificate.validToDate.toISOString() || end <= start) {
    throw new GraphError(400, 'KeyCredentialsInvalidEndDate', 'Key credential end date is invalid.')
  }
  return {
    keyId: wanted ?? randomUUID(),
    customKeyIdentifier: thumbprintsOf(certificate.raw).sha1,
    displayName: displayNameOf(entry.displayName) ?? known?.displayName ?? null,
    startDateTime: start,
    endDateTime: end,
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: certificate.raw.toString('base64'),
  }
}

/** DER in base64; PEM in base64, which the portal and `az` send, too. */
function readCertificate(key: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(key, 'base64'))
  } catch {
    throw new GraphError(
      400,
      'KeyCredentialsInvalidKey',
      'The key of the key credential is no X.509 certificate.',
    )
  }
}

function displayNameOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw invalid()
}

function keyIdOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (isGuid(value)) return value.toLowerCase()
  throw invalid()
}

function dateOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  const date = new Date(typeof value === 'string' ? value : Number.NaN)
  if (Number.isNaN(date.getTime())) throw invalid()
  return date.toISOString()
}

function invalid(): GraphError {
  return badRequest("Invalid value specified for property 'keyCredentials' of resource 'Application'.")
}
