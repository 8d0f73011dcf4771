import { AppError } from '../../../core/errors.ts'
import { type Thumbprints, thumbprintsOf } from '../../../core/thumbprints.ts'
import { openPublicCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import type { Column } from '../../io.ts'

interface Row {
  readonly format: keyof Thumbprints
  readonly value: string
  readonly use: string
}

const USES: readonly (readonly [format: keyof Thumbprints, use: string])[] = [
  ['sha1', 'SHA-1, hexadecimal: the Azure portal, az, Graph customKeyIdentifier, AADSTS700027'],
  ['x5t', 'SHA-1, base64url: JWT header x5t (RS256), Key Vault'],
  ['sha256', "SHA-256, hexadecimal: MSAL's thumbprintSha256"],
  ['x5t#S256', 'SHA-256, base64url: JWT header x5t#S256 (PS256)'],
]

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'FORMAT', cell: ({ format }) => format },
  { heading: 'THUMBPRINT', cell: ({ value }) => value },
  { heading: 'USED BY', cell: ({ use }) => use },
]

/** `todo-cli cert thumbprint [CERT] [--format FORMAT]` */
export const thumbprint: Action = async (context, [argument], flags) => {
  const { format } = flags
  if (format !== undefined && !USES.some(([name]) => name === format)) {
    throw new AppError('usage', `there is no thumbprint format "${String(format)}"`, {
      hint: `take one of ${USES.map(([name]) => name).join(', ')}`,
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
  else if (context.io.stdout.isTTY) {
    // 64 digits and what they are for do not fit side by side into 80 columns.
    for (const [name, use] of USES)
      out.text(`${name.padEnd(8)}  ${thumbprints[name]}\n          ${out.paint(use, 'faint')}`)
  } else {
    out.list(
      USES.map(([name, use]) => ({ format: name, value: thumbprints[name], use })),
      COLUMNS,
      '',
    )
  }
  return undefined
}
