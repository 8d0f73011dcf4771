import { certificateOutput, holdsKey, outputForm } from '../../../core/certificate-output.ts'
import { createFiles } from '../../../core/private-file.ts'
import { openKeyedCertificate, openPublicCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { newPassphrase } from '../../passphrase.ts'
import { warnOfEnd } from '../../ready-for-use.ts'

/** `todo-cli cert convert IN OUT`: OUT's ending says the form. */
export const convert: Action = async (context, [input = '', output = ''], flags) => {
  const form = outputForm(output)
  const { chain, key, origin } = holdsKey(form)
    ? await openKeyedCertificate(context, input, flags)
    : { ...(await openPublicCertificate(context, input, flags)), key: undefined }
  const passphrase = holdsKey(form) ? await newPassphrase(context, flags, 'new') : undefined
  const file = await certificateOutput({ path: output, chain, key, passphrase })
  await createFiles([file], { force: flags.force === true })
  const { out } = context
  warnOfEnd(out, chain[0], origin)
  const encrypted = passphrase !== undefined
  if (out.json) out.value({ file: output, form, hasPrivateKey: key !== undefined, encrypted })
  else if (key === undefined) out.note(`${output}: the certificate, without its private key`)
  else
    out.note(`${output}: private key ${encrypted ? '(encrypted)' : '(not encrypted)'} and certificate, 0600`)
  return undefined
}
