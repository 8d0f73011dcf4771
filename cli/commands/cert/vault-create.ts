import type { Context } from '../../context.ts'
import { showInVault } from './vault-fields.ts'

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
    out.note(
      `a vault counts in months: ${days} days become ${validityInMonths} month${validityInMonths === 1 ? '' : 's'}`,
    )
  const access = await openVault(context, vaultUrl)
  const done = out.progress(`${vaultUrl} makes the certificate "${name}"; Ctrl-C cancels it …`)
  const spec = { name, subject, keySize, exportable, validityInMonths }
  const made = await createVaultCertificate(access, spec, io.signal).finally(done)
  showInVault(out, made, exportable)
  out.note(`next: todo-cli app credential add ${vaultUrl}/certificates/${name}`)
  return undefined
}
