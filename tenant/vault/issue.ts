/** How a certificate comes to be: requested first, issued a moment later, as the issuer `Self` of Key Vault does. */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { pkcs8 } from '../dev-ca.ts'
import { newRsaKey } from '../rsa.ts'
import type { Collection } from '../store.ts'
import type { CertificatePolicy } from './certificate-policy.ts'
import type { VaultDeps } from './context.ts'
import type { CertificateRecord, CertificateVersion, PendingOperation } from './records.ts'
import { parseSubject } from './subject.ts'

export type IssueDeps = Pick<VaultDeps, 'build' | 'buildRequest' | 'clock'>

/** How long a request stays `inProgress`, in milliseconds: clients must poll, as in the cloud. */
const ISSUING_TAKES = 50

export interface CertificateRequest {
  readonly name: string
  readonly policy: CertificatePolicy
  readonly enabled: boolean
  readonly tags: Readonly<Record<string, string>>
  readonly key: KeyObject
}

/** The key of a new version: a new one, or with `reuse_key` the last version's. */
export async function keyForRequest(
  { key_props }: CertificatePolicy,
  existing: CertificateRecord | undefined,
): Promise<KeyObject> {
  const last = existing?.versions.at(-1)
  if (key_props.reuse_key && last !== undefined) return createPrivateKey(last.privateKeyPem)
  return newRsaKey(key_props.key_size)
}

/** Starts a new version of a certificate, over a key that exists from here on. */
export function requestCertificate(
  { name, policy, enabled, tags, key }: CertificateRequest,
  existing: CertificateRecord | undefined,
  { buildRequest, clock }: IssueDeps,
): CertificateRecord {
  const csr = buildRequest({ subject: parseSubject(policy.x509_props.subject) ?? [], privateKey: key })
  const now = clock.seconds()
  const pending: PendingOperation = {
    requestId: newId(),
    version: newId(),
    status: 'inProgress',
    readyAt: clock.now().getTime() + ISSUING_TAKES,
    csr: csr.toString('base64'),
    privateKeyPem: pkcs8(key),
    enabled,
    tags,
  }
  const created = existing?.policy.attributes.created ?? now
  return {
    id: name.toLowerCase(),
    name: existing?.name ?? name,
    policy: { ...policy, attributes: { enabled: true, created, updated: now } },
    versions: existing?.versions ?? [],
    pending,
  }
}

/** Completes a pending request that is due, and keeps the result. Nothing runs in between, so nothing is lost. */
export function settle(
  record: CertificateRecord,
  certificates: Collection<CertificateRecord>,
  deps: IssueDeps,
): CertificateRecord {
  const { pending, policy } = record
  const isDue =
    pending?.status === 'inProgress' &&
    policy.issuer.name === 'Self' &&
    deps.clock.now().getTime() >= pending.readyAt
  if (!isDue) return record
  const settled = complete(record, pending, deps)
  certificates.put(settled)
  return settled
}

/** A record whose pending version is issued. */
export function complete(
  record: CertificateRecord,
  pending: PendingOperation,
  deps: Pick<IssueDeps, 'build' | 'clock'>,
): CertificateRecord {
  const version = issueSelfSigned(record.policy, pending, deps)
  return { ...record, versions: [...record.versions, version], pending: { ...pending, status: 'completed' } }
}

function issueSelfSigned(
  policy: CertificatePolicy,
  pending: PendingOperation,
  deps: Pick<IssueDeps, 'build' | 'clock'>,
): CertificateVersion {
  const key = createPrivateKey(pending.privateKeyPem)
  const { subject, sans, ekus, key_usage, validity_months } = policy.x509_props
  const now = deps.clock.now()
  // Key Vault dates its certificates back ten minutes.
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000 - 600_000)
  const notAfter = new Date(notBefore)
  notAfter.setUTCMonth(notAfter.getUTCMonth() + validity_months)
  const certificatePem = deps.build({
    subject: parseSubject(subject) ?? [],
    publicKey: createPublicKey(key),
    signer: { privateKey: key },
    notBefore,
    notAfter,
    keyUsage: key_usage,
    extendedKeyUsage: ekus,
    ...(sans?.dns_names ? { dnsNames: sans.dns_names } : {}),
    ...(sans?.emails ? { emails: sans.emails } : {}),
  })
  const seconds = deps.clock.seconds()
  return {
    version: pending.version,
    chainPem: [certificatePem],
    privateKeyPem: pending.privateKeyPem,
    attributes: {
      enabled: pending.enabled,
      nbf: notBefore.getTime() / 1000,
      exp: notAfter.getTime() / 1000,
      created: seconds,
      updated: seconds,
    },
    tags: pending.tags,
    exportable: policy.key_props.exportable,
    keyUsage: key_usage,
    contentType: policy.secret_props.contentType,
  }
}

/** The identifiers of versions and requests: 32 hexadecimal digits. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}
