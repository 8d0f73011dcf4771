import { AppError } from '../../../core/errors.ts'
import { parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'

/** `todo-cli cert recover vault:NAME` */
export const recover: Action = async (context, [argument = '']) => {
  const where = parseCertificateArgument(argument)
  if (where.kind !== 'vault' || where.version !== undefined) {
    throw new AppError('usage', `${argument} is not a certificate in a vault`, {
      hint: 'todo-cli cert recover vault:NAME',
    })
  }
  const { io, out } = context
  const [{ openVault }, { recoverVaultCertificate }] = await Promise.all([
    import('../../vault/open.ts'),
    import('../../vault/remove.ts'),
  ])
  const access = await openVault(context, where.vaultUrl)
  const done = out.progress(`${access.vaultUrl} recovers "${where.name}" …`)
  const state = await recoverVaultCertificate(access, where.name, io.signal).finally(done)
  const address = `${access.vaultUrl}/certificates/${where.name}`
  if (out.json) out.value({ certificate: address, state })
  out.note(
    state === 'recovered'
      ? `recovered: ${address}, with its key and all versions`
      : `${address} is not deleted: there is nothing to recover`,
  )
  return undefined
}
