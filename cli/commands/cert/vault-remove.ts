import { AppError } from '../../../core/errors.ts'
import type { CertificateArgument } from '../../certificate-argument.ts'
import { confirm } from '../../confirm.ts'
import type { Context, Flags } from '../../context.ts'

/** `todo-cli cert remove vault:NAME [--purge]`: deleted, and recoverable for a time; or purged, for good. */
export async function removeInVault(
  context: Context,
  { vaultUrl, name, version }: CertificateArgument & { readonly kind: 'vault' },
  flags: Flags,
): Promise<undefined> {
  if (version !== undefined) {
    throw new AppError('usage', 'a vault removes a certificate as a whole, not one of its versions', {
      hint: `todo-cli cert remove vault:${name}; or switch the version off: az keyvault certificate set-attributes --enabled false`,
    })
  }
  const purge = flags.purge === true
  const { io, out } = context
  const [{ openVault }, { removeVaultCertificate }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/remove.ts'),
  ])
  const access = await openVault(context, vaultUrl)
  const address = `${access.vaultUrl}/certificates/${name}`
  await confirm(
    io,
    out,
    `remove ${address}, all its versions${purge ? ', for good' : ''}?`,
    flags.yes === true,
  )
  const done = out.progress(`${access.vaultUrl} deletes "${name}" …`)
  const { state, recoverableUntil } = await removeVaultCertificate(
    access,
    name,
    { purge },
    io.signal,
  ).finally(done)
  const until = recoverableUntil?.toISOString()
  if (out.json) out.value({ certificate: address, state, recoverableUntil: until })
  if (state === 'purged') out.note(`purged: ${address}; its name is free`)
  else {
    out.note(`deleted: ${address}; recoverable until ${until?.slice(0, 10)}, its name is taken until then`)
    out.note(
      `bring it back: todo-cli cert recover ${address}; end it: todo-cli cert remove ${address} --purge`,
    )
  }
  out.note('it may still be registered: todo-cli app credential list')
  return undefined
}
