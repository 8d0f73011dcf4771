import { thumbprintsOf } from '../../../core/thumbprints.ts'
import type { Context } from '../../context.ts'

export interface VaultCreateOptions {
  readonly name: string
  readonly subject: string
  readonly days: number
  readonly keySize: number
  readonly exportable: boolean
}

/** Key Vault counts the life of a certificate in months. */
const DAYS_IN_MONTH = 365 / 12

/** `todo-cli cert create NAME --vault URL` */
export async function createInVault(
  context: Context,
  options: VaultCreateOptions,
  vaultUrl: string,
): Promise<undefined> {
  const { io, out } = context
  const { name, subject, keySize, exportable, days } = options
  const [{ openVault }, { createVaultCertificate }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/create.ts'),
  ])
  const validityInMonths = Math.max(1, Math.round(days / DAYS_IN_MONTH))
  if (Math.abs(validityInMonths * DAYS_IN_MONTH - days) > 1)
    out.note(`a vault counts in months: ${days} days become ${validityInMonths} months`)
  const access = await openVault(context, vaultUrl)
  const done = out.progress(`${vaultUrl} makes the certificate "${name}"; Ctrl-C cancels it …`)
  const spec = { name, subject, keySize, exportable, validityInMonths }
  const { leaf, id } = await createVaultCertificate(access, spec, io.signal).finally(done)
  const thumbprints = thumbprintsOf(leaf.raw)
  out.fields(
    [
      ['certificate', id],
      ['private key', exportable ? 'in the vault, exportable' : 'in the vault, and never leaves it'],
      ['subject', leaf.subject.replaceAll('\n', ', ')],
      ['valid until', leaf.validToDate.toISOString()],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    { certificate: id, exportable, subject, notAfter: leaf.validToDate.toISOString(), thumbprints },
  )
  out.note(`next: todo-cli app credential add ${vaultUrl}/certificates/${name}`)
  return undefined
}
