import { certificateDetails, daysLeft } from '../../../core/certificate-details.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { KEY_IS_LOCKED, type OpenedCertificate, openCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'

/** Where the private key is; `encrypted`: in the file, and it was not opened, for no passphrase was given. */
type PlaceOfKey = 'in this file' | 'encrypted' | 'in the vault' | 'not here'

/** `todo-cli cert show [CERT]`: the public part of a file can be looked at without the passphrase of its key. */
export const show: Action = async (context, [argument], flags) => {
  const opened = await openCertificate(context, argument, flags, { leaveLocked: true })
  const { leaf, chain, origin, refusal } = opened
  const details = certificateDetails(leaf)
  const thumbprints = thumbprintsOf(leaf.raw)
  const days = daysLeft(details)
  const privateKey = placeOfKey(opened)
  const usages = [...(details.keyUsage ?? []), ...(details.extendedKeyUsage ?? [])].join(', ')
  context.out.fields(
    [
      ['certificate', origin],
      ['subject', details.subject],
      ['issuer', details.issuer === details.subject ? `${details.issuer} (itself)` : details.issuer],
      ['serial number', details.serialNumber],
      ['valid from', details.notBefore],
      ['valid until', details.notAfter],
      ['days left', String(days)],
      [
        'key',
        [details.keyType.toUpperCase(), details.keySize].filter((part) => part !== undefined).join(' '),
      ],
      ['private key', privateKey === 'encrypted' ? 'in this file, encrypted; it was not opened' : privateKey],
      ['signature', details.signatureAlgorithm],
      ['usage', usages === '' ? 'not limited' : usages],
      ['chain', `${chain.length} certificate${chain.length === 1 ? '' : 's'}`],
      ['SHA-1', thumbprints.sha1],
      ['SHA-256', thumbprints.sha256],
    ],
    {
      certificate: origin,
      ...details,
      notBefore: details.notBefore.toISOString(),
      notAfter: details.notAfter.toISOString(),
      daysLeft: days,
      hasPrivateKey: privateKey !== 'not here',
      privateKey,
      chainLength: chain.length,
      thumbprints,
    },
  )
  if (privateKey === 'encrypted') {
    context.out.note('to open its private key, too: --passphrase-file FILE or --passphrase-env NAME')
  } else if (refusal !== undefined && refusal.code !== 'certificate-no-key') {
    context.out.warn(refusal.message)
  }
  return undefined
}

function placeOfKey({ key, where, refusal }: OpenedCertificate): PlaceOfKey {
  if (key !== undefined) return 'in this file'
  if (where.kind === 'vault') return 'in the vault'
  return refusal?.code === KEY_IS_LOCKED ? 'encrypted' : 'not here'
}
