/** The JSON shapes of Key Vault: certificate bundle, pending operation, key (key-vault.md, "Bundle"). */
import { createPublicKey, X509Certificate } from 'node:crypto'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { CertificateRecord, CertificateVersion, PendingOperation } from './records.ts'

/** Soft delete, 90 days, with purge allowed: the level of a new vault. */
export const RECOVERY = { recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 }

export function certificateBundle(
  origin: string,
  record: CertificateRecord,
  version: CertificateVersion,
): object {
  const { name } = record
  const certificate = new X509Certificate(version.chainPem[0])
  return {
    id: `${origin}/certificates/${name}/${version.version}`,
    kid: `${origin}/keys/${name}/${version.version}`,
    sid: `${origin}/secrets/${name}/${version.version}`,
    // SHA-1 alone is served; who needs SHA-256 computes it from `cer`.
    x5t: thumbprintsOf(certificate.raw).x5t,
    cer: certificate.raw.toString('base64'),
    attributes: { ...version.attributes, ...RECOVERY },
    tags: version.tags,
    policy: policyBundle(origin, record),
    ...(record.pending ? { pending: { id: `${origin}/certificates/${name}/pending` } } : {}),
  }
}

export function policyBundle(origin: string, { name, policy }: CertificateRecord): object {
  return { id: `${origin}/certificates/${name}/policy`, ...policy }
}

/** A certificate whose first version is not issued yet: disabled, without key, secret and content. */
export function unissuedBundle(origin: string, record: CertificateRecord, pending: PendingOperation): object {
  const { name } = record
  const { created, updated } = record.policy.attributes
  return {
    id: `${origin}/certificates/${name}/${pending.version}`,
    attributes: { enabled: false, created, updated, ...RECOVERY },
    policy: policyBundle(origin, record),
    pending: { id: `${origin}/certificates/${name}/pending` },
  }
}

export function pendingBundle(
  origin: string,
  { name, policy }: CertificateRecord,
  pending: PendingOperation,
): object {
  return {
    id: `${origin}/certificates/${name}/pending`,
    issuer: policy.issuer,
    csr: pending.csr,
    cancellation_requested: pending.status === 'cancelled',
    status: pending.status,
    ...(pending.status === 'completed' ? { target: `${origin}/certificates/${name}` } : {}),
    ...(pending.status === 'inProgress' ? { status_details: IN_PROGRESS } : {}),
    request_id: pending.requestId,
  }
}

const IN_PROGRESS =
  'Pending certificate created. Certificate request is in progress. This may take some time based on the issuer provider. Please check again later.'

/** An entry of a list: no content. */
export function certificateItem(id: string, { chainPem, attributes, tags }: CertificateVersion): object {
  const x5t = thumbprintsOf(new X509Certificate(chainPem[0]).raw).x5t
  return { id, x5t, attributes: { ...attributes, ...RECOVERY }, tags }
}

export function keyBundle(origin: string, { name }: CertificateRecord, version: CertificateVersion): object {
  const { kty, n, e } = createPublicKey(version.privateKeyPem).export({ format: 'jwk' })
  return {
    key: { kid: `${origin}/keys/${name}/${version.version}`, kty, key_ops: keyOperations(version), n, e },
    attributes: { ...version.attributes, ...RECOVERY, exportable: version.exportable },
    tags: version.tags,
    managed: true,
  }
}

export function keyItem(kid: string, { attributes, tags }: CertificateVersion): object {
  return { kid, attributes: { ...attributes, ...RECOVERY }, tags, managed: true }
}

/** What a certificate's key may do follows from the certificate's key usage. */
export function keyOperations({ keyUsage }: CertificateVersion): string[] {
  return [
    ...(keyUsage.includes('digitalSignature') ? ['sign', 'verify'] : []),
    ...(keyUsage.includes('keyEncipherment') ? ['wrapKey', 'unwrapKey'] : []),
    ...(keyUsage.includes('dataEncipherment') ? ['encrypt', 'decrypt'] : []),
  ]
}
