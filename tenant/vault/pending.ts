/** /certificates/{name}/create and /pending: a certificate is asked for, waited for, cancelled, or merged. */
import { X509Certificate } from 'node:crypto'
import { type Answer, json } from '../http/exchange.ts'
import { certificateBundle, pendingBundle } from './bundles.ts'
import { readPolicy } from './certificate-policy.ts'
import type { VaultContext } from './context.ts'
import { assertNameIsFree } from './deleted.ts'
import { badParameter, VaultError } from './errors.ts'
import { type Chain, keyForRequest, merged, requestCertificate } from './issue.ts'
import { findCertificate, lookUp } from './lookup.ts'
import { readEnabled, readJson, readName, readTags } from './read.ts'
import type { CertificateRecord, PendingOperation } from './records.ts'

export async function createCertificate(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'create')
  const { request, certificates, deps } = context
  const name = readName(request.params.name)
  const body = await readJson(request)
  const enabled = readEnabled(body.attributes) ?? true
  const tags = readTags(body.tags)
  const before = lookUp(context, name)
  const policy = body.policy === undefined && before ? before.policy : readPolicy(body.policy ?? {})
  const key = await keyForRequest(policy, before)
  // Only now: another request for this name may have come while the key was made.
  const existing = lookUp(context, name)
  assertNameIsFree(existing, deps.clock)
  if (existing?.pending?.status === 'inProgress') {
    throw new VaultError(409, 'Conflict', `A certificate operation is already in progress for ${name}.`)
  }
  const record = requestCertificate({ name, policy, enabled, tags, key }, existing, deps)
  certificates.put(record)
  return pendingAnswer(202, context, record)
}

export function getPending(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  return pendingAnswer(200, context, findCertificate(context, context.request.params.name ?? ''))
}

/** Asks for the cancellation of what is in progress; what is completed stays so. */
export async function cancelPending(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'update')
  const { request, certificates } = context
  const body = await readJson(request)
  const record = findCertificate(context, request.params.name ?? '')
  const pending = pendingOf(record)
  if (body.cancellation_requested !== true) throw badParameter('cancellation_requested must be true.')
  if (pending.status !== 'inProgress') {
    throw new VaultError(403, 'Forbidden', `The operation is ${pending.status} and can not be cancelled.`)
  }
  const cancelled: CertificateRecord = { ...record, pending: { ...pending, status: 'cancelled' } }
  certificates.put(cancelled)
  return pendingAnswer(200, context, cancelled)
}

/** Forgets the operation; a version that came of it stays. */
export function deletePending(context: VaultContext): Answer {
  context.allow('certificates', 'delete')
  const { request, certificates, origin } = context
  const record = findCertificate(context, request.params.name ?? '')
  const operation = pendingOf(record)
  const { pending: _, ...without } = record
  if (without.versions.length > 0) certificates.put(without)
  else certificates.delete(record.id)
  return json(200, pendingBundle(origin, record, operation))
}

/** Completes a request whose certificate another authority signed. */
export async function mergePending(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'create')
  const { request, certificates, deps, origin } = context
  const { x5c } = await readJson(request)
  const record = findCertificate(context, request.params.name ?? '')
  const pending = pendingOf(record)
  if (pending.status !== 'inProgress') {
    throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${record.name}`)
  }
  const { settled, version } = merged(record, pending, readChain(x5c), deps)
  certificates.put(settled)
  return json(201, certificateBundle(origin, settled, version))
}

function readChain(x5c: unknown): Chain {
  const entries: unknown[] = Array.isArray(x5c) ? x5c : []
  try {
    const [leaf, ...issuers] = entries.map(
      (entry) => new X509Certificate(Buffer.from(String(entry), 'base64')),
    )
    if (leaf !== undefined) return [leaf, ...issuers]
  } catch {
    // Said below.
  }
  throw badParameter('Property x5c is no list of X.509 certificates.')
}

/** @throws VaultError 404 */
function pendingOf({ name, pending }: CertificateRecord): PendingOperation {
  if (pending !== undefined) return pending
  throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${name}`)
}

function pendingAnswer(
  status: 200 | 202,
  { origin, request }: VaultContext,
  record: CertificateRecord,
): Answer {
  const pending = pendingOf(record)
  const version = encodeURIComponent(request.query.get('api-version') ?? '')
  const location = `${origin}/certificates/${record.name}/pending?api-version=${version}&request_id=${pending.requestId}`
  const headers = status === 202 ? { location, 'retry-after': '10' } : undefined
  return json(status, pendingBundle(origin, record, pending), headers)
}
