/** /deletedkeys and /deletedsecrets: key and secret of a deleted certificate are in the bin with it. */
import { type Answer, json } from '../http/exchange.ts'
import { keyBundle, keyItem } from './bundles.ts'
import type { VaultContext } from './context.ts'
import { allDeleted, type Deleted, deletion, findDeleted, notFoundDeleted } from './deleted.ts'
import type { Kind } from './lookup.ts'
import { pageAnswer } from './paging.ts'
import type { CertificateVersion } from './records.ts'
import { secretItem } from './secrets.ts'

export function listDeletedKeys(context: VaultContext): Answer {
  context.allow('keys', 'list')
  return pageAnswer(context, deletedParts(context), idOf, ({ record, version }) => ({
    ...deletion(context, record, 'keys'),
    ...keyItem(`${context.origin}/keys/${record.name}`, version),
  }))
}

export function getDeletedKey(context: VaultContext): Answer {
  context.allow('keys', 'get')
  const { record, version } = findPart(context, 'Key')
  return json(200, { ...deletion(context, record, 'keys'), ...keyBundle(context.origin, record, version) })
}

export function listDeletedSecrets(context: VaultContext): Answer {
  context.allow('secrets', 'list')
  return pageAnswer(context, deletedParts(context), idOf, ({ record, version }) => ({
    ...deletion(context, record, 'secrets'),
    id: `${context.origin}/secrets/${record.name}`,
    ...secretItem(context, record, version),
  }))
}

/** Without its value: a deleted secret tells nothing. */
export function getDeletedSecret(context: VaultContext): Answer {
  context.allow('secrets', 'get')
  const { record, version } = findPart(context, 'Secret')
  return json(200, {
    ...deletion(context, record, 'secrets'),
    id: `${context.origin}/secrets/${record.name}/${version.version}`,
    ...secretItem(context, record, version),
  })
}

interface Part {
  readonly record: Deleted
  readonly version: CertificateVersion
}

/** A certificate that was never issued has neither key nor secret. */
function deletedParts(context: VaultContext): Part[] {
  return allDeleted(context).flatMap((record) => {
    const version = record.versions.at(-1)
    return version ? [{ record, version }] : []
  })
}

function findPart(context: VaultContext, kind: Kind): Part {
  const record = findDeleted(context, kind)
  const version = record.versions.at(-1)
  if (version === undefined) throw notFoundDeleted(kind, record.name)
  return { record, version }
}

function idOf({ record }: Part): string {
  return record.id
}
