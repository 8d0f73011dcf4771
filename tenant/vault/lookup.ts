/** Finds certificates and their versions, in the words of the plane that asks. */
import type { VaultContext } from './context.ts'
import { VaultError } from './errors.ts'
import { settle } from './issue.ts'
import type { CertificateRecord, CertificateVersion } from './records.ts'

export type Kind = 'Certificate' | 'Key' | 'Secret'

/** A certificate that is not deleted, its pending operation done where it is due. @throws VaultError 404 */
export function findCertificate(
  context: VaultContext,
  name: string,
  kind: Kind = 'Certificate',
): CertificateRecord {
  const record = lookUp(context, name)
  if (record === undefined || record.deleted !== undefined) throw notFound(kind, name)
  return record
}

/** A certificate in any state; one whose time in the bin is over is gone. */
export function lookUp({ certificates, deps }: VaultContext, name: string): CertificateRecord | undefined {
  const record = certificates.get(name.toLowerCase())
  if (record?.deleted !== undefined && deps.clock.seconds() >= record.deleted.scheduledPurgeDate) {
    certificates.delete(record.id)
    return undefined
  }
  return record && settle(record, certificates, deps)
}

/** All certificates that are not deleted. */
export function liveCertificates(context: VaultContext): CertificateRecord[] {
  return context.certificates
    .all()
    .flatMap(({ id }) => lookUp(context, id) ?? [])
    .filter(({ deleted }) => deleted === undefined)
}

/** Without a version the newest one. @throws VaultError 404 */
export function findVersion(
  record: CertificateRecord,
  wanted: string | undefined,
  kind: Kind = 'Certificate',
): CertificateVersion {
  const found =
    wanted === undefined
      ? record.versions.at(-1)
      : record.versions.find(({ version }) => version === wanted.toLowerCase())
  if (found === undefined)
    throw notFound(kind, wanted === undefined ? record.name : `${record.name}/${wanted}`)
  return found
}

/** The 404 of a plane. */
export function notFound(kind: Kind, name: string): VaultError {
  const lower = kind.toLowerCase()
  return new VaultError(
    404,
    `${kind}NotFound`,
    `A ${lower} with (name/id) ${name} was not found in this key vault. If you recently deleted this ${lower} you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  )
}
