import { certificateDetails, daysLeft } from '../../../core/certificate-details.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { openCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'

/** `todo-cli cert show [CERT]` */
export const show: Action = async (context, [argument], flags) => {
  const { leaf, chain, key, origin, where, refusal } = await openCertificate(context, argument, flags)
  const details = certificateDetails(leaf)
  const thumbprints = thumbprintsOf(leaf.raw)
  const days = daysLeft(details)
  const privateKey = key !== undefined ? 'in this file' : where.kind === 'vault' ? 'in the vault' : 'not here'
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
      ['private key', privateKey],
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
      hasPrivateKey: key !== undefined || where.kind === 'vault',
      chainLength: chain.length,
      thumbprints,
    },
  )
  if (refusal !== undefined && refusal.code !== 'certificate-no-key') context.out.warn(refusal.message)
  return undefined
}
