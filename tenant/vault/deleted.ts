/** Soft delete: DELETE, /deletedcertificates, recover, purge. Certificate, key and secret go and come back together. */
import type { Clock } from '../clock.ts'
import { type Answer, json } from '../http/exchange.ts'
import { certificateBundle, certificateItem } from './bundles.ts'
import type { VaultContext } from './context.ts'
import { VaultError } from './errors.ts'
import { findCertificate, type Kind, lookUp } from './lookup.ts'
import { pageAnswer } from './paging.ts'
import type { Plane } from './policy.ts'
import type { CertificateRecord, Deletion } from './records.ts'

/** In seconds. */
const KEPT_FOR = 90 * 24 * 60 * 60

/** How long a deletion takes, in milliseconds: until then the name is neither here nor in the bin. */
const DELETING_TAKES = 50

export type Deleted = CertificateRecord & { readonly deleted: Deletion }

export function deleteCertificate(context: VaultContext): Answer {
  context.allow('certificates', 'delete')
  const { request, certificates, deps } = context
  const record = findCertificate(context, request.params.name ?? '')
  const { pending: _, ...rest } = record
  const deletedDate = deps.clock.seconds()
  const readyAt = deps.clock.now().getTime() + DELETING_TAKES
  const deleted = { ...rest, deleted: { deletedDate, scheduledPurgeDate: deletedDate + KEPT_FOR, readyAt } }
  certificates.put(deleted)
  return json(200, deletedBundle(context, deleted))
}

export function getDeleted(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  return json(200, deletedBundle(context, findDeleted(context)))
}

export function listDeleted(context: VaultContext): Answer {
  context.allow('certificates', 'list')
  return pageAnswer(
    context,
    allDeleted(context),
    ({ id }) => id,
    (record) => ({ ...deletion(context, record), ...itemOf(context, record) }),
  )
}

export function allDeleted(context: VaultContext): Deleted[] {
  return context.certificates
    .all()
    .flatMap(({ id }) => lookUp(context, id) ?? [])
    .filter(isDeleted)
}

export function recoverDeleted(context: VaultContext): Answer {
  context.allow('certificates', 'recover')
  const { deleted: _, ...record } = findDeleted(context)
  context.certificates.put(record)
  const version = record.versions.at(-1)
  return json(200, version ? certificateBundle(context.origin, record, version) : {})
}

export function purgeDeleted(context: VaultContext): Answer {
  context.allow('certificates', 'purge')
  context.certificates.delete(findDeleted(context).id)
  return { status: 204 }
}

/** @throws VaultError 409, when the name is in the bin or on the way to it */
export function assertNameIsFree(record: CertificateRecord | undefined, clock: Clock): void {
  if (record === undefined || !isDeleted(record)) return
  assertNotBeingDeleted(record, clock)
  throw new VaultError(
    409,
    'Conflict',
    `Certificate ${record.name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the certificate can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  )
}

function assertNotBeingDeleted({ deleted }: Deleted, clock: Clock): void {
  if (clock.now().getTime() >= deleted.readyAt) return
  throw new VaultError(409, 'Conflict', 'Certificate is currently being deleted.', 'ObjectIsBeingDeleted')
}

/** @throws VaultError 404; 409 for recover and purge of what is not there yet */
export function findDeleted(context: VaultContext, kind: Kind = 'Certificate'): Deleted {
  const { request, deps } = context
  const name = request.params.name ?? ''
  const record = lookUp(context, name)
  const isReady =
    record !== undefined && isDeleted(record) && deps.clock.now().getTime() >= record.deleted.readyAt
  if (isReady) return record
  if (record !== undefined && isDeleted(record) && request.method !== 'GET')
    assertNotBeingDeleted(record, deps.clock)
  throw notFoundDeleted(kind, name)
}

export function notFoundDeleted(kind: Kind, name: string): VaultError {
  return new VaultError(404, `${kind}NotFound`, `Deleted ${kind} not found: ${name}`)
}

function isDeleted(record: CertificateRecord): record is Deleted {
  return record.deleted !== undefined
}

function deletedBundle(context: VaultContext, record: Deleted): object {
  const version = record.versions.at(-1)
  return {
    ...deletion(context, record),
    ...(version ? certificateBundle(context.origin, record, version) : itemOf(context, record)),
  }
}

export function deletion(
  { origin }: VaultContext,
  { name, deleted }: Deleted,
  plane: Plane = 'certificates',
): object {
  const { deletedDate, scheduledPurgeDate } = deleted
  return { recoveryId: `${origin}/deleted${plane}/${name}`, deletedDate, scheduledPurgeDate }
}

function itemOf({ origin }: VaultContext, { name, versions }: CertificateRecord): object {
  const id = `${origin}/certificates/${name}`
  const version = versions.at(-1)
  return version ? certificateItem(id, version) : { id, attributes: { enabled: false } }
}
