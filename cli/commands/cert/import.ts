import { basename, extname } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { openKeyedCertificate, parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import type { Flags } from '../../context.ts'
import { readyForUse } from '../../ready-for-use.ts'
import { webAddress } from '../../settings.ts'
import { shellWord } from '../../shell-word.ts'
import { certificateName } from '../../vault/names.ts'
import { showInVault } from './vault-fields.ts'

/** `todo-cli cert import FILE [--vault URL] [--name NAME]`: every form that the loader reads. */
export const importCertificate: Action = async (context, [file = ''], flags) => {
  const name = nameOf(file, flags)
  const vaultUrl = typeof flags.vault === 'string' ? webAddress()(flags.vault, '--vault') : undefined
  const exportable = flags.exportable === true
  const { io, out } = context
  const certificate = await openKeyedCertificate(context, file, flags)
  readyForUse(out, certificate.chain[0], certificate.origin)
  const [{ openVault }, { importVaultCertificate }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/import.ts'),
  ])
  const access = await openVault(context, vaultUrl)
  const imported = await importVaultCertificate(access, { name, certificate, exportable }, io.signal)
  showInVault(out, imported, exportable)
  if (parseCertificateArgument(file).kind === 'file') {
    out.note(
      `the file still holds the private key; when it is used from the vault: todo-cli cert remove ${shellWord(file)}`,
    )
  }
  return undefined
}

/** The name that `--name` gives, else the file's without its ending. */
function nameOf(file: string, { name }: Flags): string {
  if (typeof name === 'string') return certificateName(name, '--name')
  const stem = basename(file, extname(file))
    .replace(/[^0-9A-Za-z]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (stem !== '' && file !== '-') return certificateName(stem, '--name')
  throw new AppError('usage', 'the certificate needs a name in the vault', { hint: 'add --name NAME' })
}
