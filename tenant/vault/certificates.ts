/** /certificates: read, list, change. */
import { type Answer, json } from '../http/exchange.ts'
import { certificateBundle, certificateItem, policyBundle, unissuedBundle } from './bundles.ts'
import { readPolicy } from './certificate-policy.ts'
import type { VaultContext } from './context.ts'
import { findCertificate, findVersion, liveCertificates } from './lookup.ts'
import { pageAnswer } from './paging.ts'
import { readEnabled, readJson, readTags } from './read.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'

/** Without a version the newest one. */
export function getCertificate(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  const { request, origin } = context
  const { name = '', version: wanted } = request.params
  const record = findCertificate(context, name)
  const { pending, versions } = record
  const isUnissued =
    pending?.status !== 'completed' &&
    (wanted === undefined ? versions.length === 0 : wanted === pending?.version)
  if (pending !== undefined && isUnissued) return json(200, unissuedBundle(origin, record, pending))
  return json(200, certificateBundle(origin, record, findVersion(record, wanted)))
}

/** The newest version of each; those that have none yet with `includePending`. */
export function listCertificates(context: VaultContext): Answer {
  context.allow('certificates', 'list')
  const { request, origin } = context
  const withPending = request.query.get('includePending') === 'true'
  const records = liveCertificates(context).filter(({ versions }) => withPending || versions.length > 0)
  return pageAnswer(
    context,
    records,
    ({ id }) => id,
    (record) => {
      const version = record.versions.at(-1)
      const id = `${origin}/certificates/${record.name}`
      return version ? certificateItem(id, version) : { id, attributes: { enabled: false } }
    },
  )
}

export function listVersions(context: VaultContext): Answer {
  context.allow('certificates', 'list')
  const { request, origin } = context
  const { name, versions } = findCertificate(context, request.params.name ?? '')
  return pageAnswer(
    context,
    versions,
    ({ version }) => version,
    (version) => certificateItem(`${origin}/certificates/${name}/${version.version}`, version),
  )
}

/** Changes `enabled` and the tags of one version. */
export async function updateCertificate(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'update')
  const { request, origin, deps, certificates } = context
  const body = await readJson(request)
  const enabled = readEnabled(body.attributes)
  const tags = body.tags === undefined ? undefined : readTags(body.tags)
  const { name = '', version: wanted } = request.params
  const record = findCertificate(context, name)
  const version = findVersion(record, wanted)
  const changed: CertificateVersion = {
    ...version,
    attributes: {
      ...version.attributes,
      enabled: enabled ?? version.attributes.enabled,
      updated: deps.clock.seconds(),
    },
    tags: tags ?? version.tags,
  }
  const updated: CertificateRecord = {
    ...record,
    versions: record.versions.map((entry) => (entry === version ? changed : entry)),
  }
  certificates.put(updated)
  return json(200, certificateBundle(origin, updated, changed))
}

export function getPolicy(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  const { request, origin } = context
  return json(200, policyBundle(origin, findCertificate(context, request.params.name ?? '')))
}

/** Changes what the next version will be; the present ones stay. */
export async function updatePolicy(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'update')
  const { request, origin, deps, certificates } = context
  const body = await readJson(request)
  const record = findCertificate(context, request.params.name ?? '')
  const attributes = { ...record.policy.attributes, updated: deps.clock.seconds() }
  const updated = { ...record, policy: { ...readPolicy(body, record.policy), attributes } }
  certificates.put(updated)
  return json(200, policyBundle(origin, updated))
}
