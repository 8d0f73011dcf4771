/** /certificates: create, pending, get, versions. */
import { type Answer, json } from '../http/exchange.ts'
import { certificateBundle, certificateItem, pendingBundle, unissuedBundle } from './bundles.ts'
import { object, readPolicy } from './certificate-policy.ts'
import { findCertificate, notFound, readJson, type VaultContext } from './context.ts'
import { badParameter, VaultError } from './errors.ts'
import { keyForRequest, requestCertificate } from './issue.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'

export async function createCertificate(context: VaultContext): Promise<Answer> {
  context.allow('certificates', 'create')
  const { request, certificates, deps, origin } = context
  const name = readName(request.params.name)
  const body = await readJson(request)
  const find = () => (certificates.get(name.toLowerCase()) ? findCertificate(context, name) : undefined)
  const policy = readPolicy(body.policy ?? {}, find()?.policy)
  const enabled = object(body.attributes ?? {}, 'attributes').enabled !== false
  const tags = readTags(body.tags)
  const key = await keyForRequest(policy, find())
  // Looked for once more: another request for this name may have come while the key was made.
  const existing = find()
  if (existing?.pending?.status === 'inProgress') {
    throw new VaultError(409, 'Conflict', `A certificate operation is already in progress for ${name}.`)
  }
  const record = requestCertificate({ name, policy, enabled, tags, key }, existing, deps)
  certificates.put(record)
  return pendingAnswer(202, origin, record, request.query.get('api-version') ?? '')
}

export function getPending(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  const { request, origin } = context
  const record = findCertificate(context, request.params.name ?? '')
  return pendingAnswer(200, origin, record, request.query.get('api-version') ?? '')
}

function pendingAnswer(
  status: number,
  origin: string,
  record: CertificateRecord,
  apiVersion: string,
): Answer {
  const { name, pending } = record
  if (pending === undefined) {
    throw new VaultError(404, 'PendingCertificateNotFound', `Pending certificate not found: ${name}`)
  }
  const location = `${origin}/certificates/${name}/pending?api-version=${encodeURIComponent(apiVersion)}&request_id=${pending.requestId}`
  const headers = status === 202 ? { location, 'retry-after': '10' } : undefined
  return json(status, pendingBundle(origin, record, pending), headers)
}

/** Without a version the newest one. */
export function getCertificate(context: VaultContext): Answer {
  context.allow('certificates', 'get')
  const { request, origin } = context
  const { name = '', version: wanted } = request.params
  const record = findCertificate(context, name)
  const { pending } = record
  const isUnissued = pending?.status === 'inProgress' && (wanted ?? pending.version) === pending.version
  if (isUnissued && (wanted !== undefined || record.versions.length === 0)) {
    return json(200, unissuedBundle(origin, record, pending))
  }
  return json(200, certificateBundle(origin, record, findVersion(record, wanted)))
}

export function listVersions(context: VaultContext): Answer {
  context.allow('certificates', 'list')
  const { request, origin } = context
  const { name, versions } = findCertificate(context, request.params.name ?? '')
  const value = versions.map((version) =>
    certificateItem(`${origin}/certificates/${name}/${version.version}`, version),
  )
  return json(200, { value, nextLink: null })
}

/** @throws VaultError 404 */
export function findVersion(
  record: CertificateRecord,
  wanted: string | undefined,
  kind: 'Certificate' | 'Key' | 'Secret' = 'Certificate',
): CertificateVersion {
  const found =
    wanted === undefined
      ? record.versions.at(-1)
      : record.versions.find(({ version }) => version === wanted.toLowerCase())
  if (found === undefined)
    throw notFound(kind, wanted === undefined ? record.name : `${record.name}/${wanted}`)
  return found
}

/** Letters, digits and hyphens, 1 to 127 of them. @throws VaultError 400 */
export function readName(name = ''): string {
  if (/^[0-9a-zA-Z-]{1,127}$/.test(name)) return name
  throw badParameter(`The request URI contains an invalid name: ${name}`)
}

/** @throws VaultError 400 */
export function readTags(value: unknown): Record<string, string> {
  const tags = Object.entries(object(value ?? {}, 'tags'))
  if (tags.length > 15) throw badParameter('There may be at most 15 tags.')
  return Object.fromEntries(
    tags.map(([key, tag]) => {
      if (typeof tag === 'string' && tag.length <= 256 && key.length <= 256) return [key, tag]
      throw badParameter(`The tag ${key} is no text of at most 256 characters.`)
    }),
  )
}
