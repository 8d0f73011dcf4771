/** How a certificate comes to be: requested first, issued a moment later, as the issuer `Self` of Key Vault does. */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  type X509Certificate,
} from 'node:crypto'
import { pkcs8 } from '../dev-ca.ts'
import { newRsaKey } from '../rsa.ts'
import type { Collection } from '../store.ts'
import type { CertificatePolicy } from './certificate-policy.ts'
import type { VaultDeps } from './context.ts'
import { badParameter } from './errors.ts'
import type { CertificateRecord, CertificateVersion, ChainPem, PendingOperation } from './records.ts'
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

/** A leaf, then its issuers. */
export type Chain = readonly [leaf: X509Certificate, ...issuers: X509Certificate[]]

export function pemOf([leaf, ...issuers]: Chain): ChainPem {
  return [String(leaf), ...issuers.map(String)]
}

/** A record whose pending version another authority has signed. @throws VaultError 400 for another key's certificate */
export function merged(
  record: CertificateRecord,
  pending: PendingOperation,
  chain: Chain,
  { clock }: Pick<IssueDeps, 'clock'>,
): { settled: CertificateRecord; version: CertificateVersion } {
  const [leaf] = chain
  if (!leaf.checkPrivateKey(createPrivateKey(pending.privateKeyPem))) {
    throw badParameter(
      'The public key of the end-entity certificate does not match that of the pending certificate.',
    )
  }
  const dates = { nbf: leaf.validFromDate.getTime() / 1000, exp: leaf.validToDate.getTime() / 1000 }
  const version = versionOf(record.policy, pending, pemOf(chain), dates, clock.seconds())
  const settled = {
    ...record,
    versions: [...record.versions, version],
    pending: { ...pending, status: COMPLETED },
  }
  return { settled, version }
}

const COMPLETED = 'completed' as const

/** A record whose pending version is issued. */
export function complete(
  record: CertificateRecord,
  pending: PendingOperation,
  deps: Pick<IssueDeps, 'build' | 'clock'>,
): CertificateRecord {
  const version = issueSelfSigned(record.policy, pending, deps)
  return { ...record, versions: [...record.versions, version], pending: { ...pending, status: COMPLETED } }
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
  const dates = { nbf: notBefore.getTime() / 1000, exp: notAfter.getTime() / 1000 }
  return versionOf(policy, pending, [certificatePem], dates, deps.clock.seconds())
}

function versionOf(
  { key_props, x509_props, secret_props }: CertificatePolicy,
  { version, privateKeyPem, enabled, tags }: PendingOperation,
  chainPem: ChainPem,
  dates: { readonly nbf: number; readonly exp: number },
  now: number,
): CertificateVersion {
  return {
    version,
    chainPem,
    privateKeyPem,
    attributes: { enabled, ...dates, created: now, updated: now },
    tags,
    exportable: key_props.exportable,
    keyUsage: x509_props.key_usage,
    contentType: secret_props.contentType,
  }
}

/** The identifiers of versions and requests: 32 hexadecimal digits. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}
