import { AppError } from '../../../core/errors.ts'
import { type Thumbprints, thumbprintsOf } from '../../../core/thumbprints.ts'
import { openPublicCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { didYouMean } from '../../did-you-mean.ts'

const USES: readonly (readonly [format: keyof Thumbprints, use: string])[] = [
  ['sha1', 'SHA-1, hexadecimal: the Azure portal, az, Graph customKeyIdentifier, AADSTS700027'],
  ['x5t', 'SHA-1, base64url: JWT header x5t (RS256), Key Vault'],
  ['sha256', "SHA-256, hexadecimal: MSAL's thumbprintSha256"],
  ['x5t#S256', 'SHA-256, base64url: JWT header x5t#S256 (PS256)'],
]

/** `todo-cli cert thumbprint [CERT] [--format FORMAT]` */
export const thumbprint: Action = async (context, [argument], flags) => {
  const { format } = flags
  if (format !== undefined && !USES.some(([name]) => name === format)) {
    const known = USES.map(([name]) => name)
    const near = didYouMean(String(format), known)
    throw new AppError('usage', `there is no thumbprint format "${String(format)}"${near}`, {
      hint: `take one of ${known.join(', ')}`,
    })
  }
  const { leaf } = await openPublicCertificate(context, argument, flags)
  const thumbprints = thumbprintsOf(leaf.raw)
  const { out } = context
  if (typeof format === 'string') {
    const value = thumbprints[format as keyof Thumbprints]
    if (out.json) out.value({ [format]: value })
    else out.text(value)
    return undefined
  }
  if (out.json) out.value(thumbprints)
  else out.explained(USES.map(([name, meaning]) => ({ name, value: thumbprints[name], meaning })))
  return undefined
}
