import { certificateDetails } from '../../../core/certificate-details.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Output } from '../../io.ts'
import type { VaultCertificate } from '../../vault/certificates.ts'

/** Shows a certificate that is in the vault from now on. */
export function showInVault(out: Output, { leaf, id }: VaultCertificate, exportable: boolean): void {
  const thumbprints = thumbprintsOf(leaf.raw)
  const { subject } = certificateDetails(leaf)
  out.fields(
    [
      ['certificate', id],
      ['private key', exportable ? 'in the vault, exportable' : 'in the vault, and never leaves it'],
      ['subject', subject],
      ['valid until', leaf.validToDate],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    { certificate: id, exportable, subject, notAfter: leaf.validToDate.toISOString(), thumbprints },
  )
}
