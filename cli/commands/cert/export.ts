import { certificateOutput, holdsKey, outputForm } from '../../../core/certificate-output.ts'
import { AppError } from '../../../core/errors.ts'
import { createFiles } from '../../../core/private-file.ts'
import { openKeyedCertificate, openPublicCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { newPassphrase } from '../../passphrase.ts'
import { warnOfEnd } from '../../ready-for-use.ts'

/** `todo-cli cert export CERT --out FILE [--with-private-key]`: the public part, unless more is asked for by name. */
export const exportCertificate: Action = async (context, [argument], flags) => {
  const output = flags.out
  if (typeof output !== 'string') {
    throw new AppError('usage', 'the file to write is not named', {
      hint: 'add --out FILE, for instance --out daemon.crt',
    })
  }
  const form = outputForm(output)
  const withKey = flags.withPrivateKey === true
  if (!withKey && (form === 'pfx' || form === 'key')) {
    throw new AppError('usage', `${output} would hold the private key`, {
      hint: 'add --with-private-key, or write a .crt, .cer, .der or .pem file',
    })
  }
  if (withKey && !holdsKey(form)) {
    throw new AppError('usage', `a file such as ${output} has no room for the private key`, {
      hint: 'write a .pem or .pfx file',
    })
  }
  const { chain, key, origin } = withKey
    ? await openKeyedCertificate(context, argument, flags)
    : { ...(await openPublicCertificate(context, argument, flags)), key: undefined }
  const passphrase = withKey ? await newPassphrase(context, flags, 'new') : undefined
  const file = await certificateOutput({ path: output, chain, key, passphrase })
  await createFiles([file], { force: flags.force === true })
  const { out } = context
  warnOfEnd(out, chain[0], origin)
  if (out.json) out.value({ file: output, form, hasPrivateKey: withKey, encrypted: passphrase !== undefined })
  else
    out.note(
      `${output}: ${withKey ? 'private key and certificate, 0600' : 'the certificate, without its private key'}`,
    )
  return undefined
}
