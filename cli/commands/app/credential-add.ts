import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { openPublicCertificate, parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { readyForUse } from '../../ready-for-use.ts'
import { withRegistrar } from '../../registration/registrar.ts'
import { signerOf } from '../../registration/signer.ts'
import { shellWord } from '../../shell-word.ts'

/** `todo-cli app credential add [CERT]`: the other credentials stay as they are. */
export const add: Action = async (context, [argument], flags) => {
  const { out } = context
  const { leaf, origin } = await openPublicCertificate(context, argument)
  readyForUse(out, leaf, origin)
  const clientId = (await context.settings()).need('clientId')
  const proof = flags.proof === true
  const { added, app } = await withRegistrar(
    context,
    await signerOf(context),
    { proof, appId: clientId },
    ({ add }) => add(leaf),
  )
  const thumbprint = thumbprintsOf(leaf.raw).sha1
  if (out.json) out.value({ clientId, thumbprint, added })
  out.note(
    added
      ? `registered ${thumbprint} with ${app}, until ${leaf.validToDate.toISOString().slice(0, 10)}`
      : `${thumbprint} was registered with ${app} already`,
  )
  out.note(`next: todo-cli todos list ${authWith(argument, origin)}`)
  return undefined
}

/** The flags that authenticate with the certificate that CERT named; `cert create` puts the key beside the public part. */
function authWith(argument: string | undefined, origin: string): string {
  if (argument === undefined) return `--auth ${origin.startsWith('https://') ? 'keyvault' : 'cert'}`
  const where = parseCertificateArgument(argument)
  if (where.kind === 'vault') return `--auth keyvault --certificate-name ${where.name}`
  if (where.kind === 'stdin') return '--auth cert'
  return `--auth cert --certificate-file ${shellWord(where.path.replace(/\.crt$/, '.pem'))}`
}
