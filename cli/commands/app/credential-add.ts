import { randomUUID } from 'node:crypto'
import { assertUsable } from '../../../core/certificate.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { openPublicCertificate, parseCertificateArgument } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'
import { expiryWarning } from '../../expiry-warning.ts'
import { createGraphClient } from '../../graph/client.ts'
import { thumbprintOfCredential } from '../../graph/key-credential.ts'
import { shellWord } from '../../shell-word.ts'

/** `todo-cli app credential add [CERT]`: the other credentials stay as they are. */
export const add: Action = async (context, [argument]) => {
  const { leaf, origin } = await openPublicCertificate(context, argument)
  assertUsable(leaf, origin)
  const warning = expiryWarning({ origin, notAfter: leaf.validToDate })
  if (warning) context.out.warn(warning)
  const clientId = (await context.settings()).need('clientId')
  const graph = await createGraphClient(context)
  const application = await graph.applicationByAppId(clientId)
  const thumbprint = thumbprintsOf(leaf.raw).sha1
  const known = application.keyCredentials.some(
    (credential) => thumbprintOfCredential(credential) === thumbprint,
  )
  if (!known) {
    await graph.setKeyCredentials(application.id, [
      ...application.keyCredentials,
      {
        keyId: randomUUID(),
        displayName: leaf.subject.replaceAll('\n', ', '),
        type: 'AsymmetricX509Cert',
        usage: 'Verify',
        key: leaf.raw.toString('base64'),
        startDateTime: leaf.validFromDate.toISOString(),
        endDateTime: leaf.validToDate.toISOString(),
      },
    ])
  }
  if (context.out.json) context.out.value({ clientId, thumbprint, added: !known })
  context.out.note(
    known
      ? `${thumbprint} was registered with ${application.displayName} already`
      : `registered ${thumbprint} with ${application.displayName}, until ${leaf.validToDate.toISOString().slice(0, 10)}`,
  )
  context.out.note(`next: todo-cli todos list ${authWith(argument, origin)}`)
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
