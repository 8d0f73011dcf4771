/** `--auth cert`: a certificate in a file, with its private key. */
import {
  assertThumbprint,
  assertUsable,
  clientCertificate,
  type KeyedCertificate,
  loadCertificate,
} from '../../../core/certificate.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { othersMayRead, readCertificateFile, readTextFile } from '../../files.ts'
import { type SettingValues, text } from '../../settings.ts'
import type { CertificateSource, SourceDeps } from './source.ts'

/** Days before the end of a certificate from which every use of it warns. */
const WARN_DAYS = 30

export const disk: CertificateSource = {
  name: 'cert',
  settings: [
    {
      key: 'certificateFile',
      flag: '--certificate-file FILE',
      variable: 'CERT_PRIVATE_KEY_FILE',
      help: 'The certificate file, with its private key',
      parse: text,
    },
    {
      key: 'certPassphrase',
      variable: 'CERT_PASSPHRASE',
      secret: true,
      help: 'The passphrase of the private key',
    },
    {
      key: 'certPassphraseFile',
      flag: '--passphrase-file FILE',
      variable: 'CERT_PASSPHRASE_FILE',
      help: 'A file that holds the passphrase of the private key',
      parse: text,
    },
    {
      key: 'certThumbprint',
      flag: '--cert-thumbprint HEX',
      variable: 'CERT_THUMBPRINT',
      help: 'The thumbprint that the certificate must have',
      parse: text,
    },
  ],
  async identify(settings) {
    const { chain } = await load(settings)
    return `cert:${thumbprintsOf(chain[0].raw)['x5t#S256']}`
  },
  async open(settings, deps) {
    const certificate = await load(settings)
    await warnings(certificate, deps)
    return clientCertificate(certificate)
  },
}

async function load(settings: SettingValues): Promise<KeyedCertificate> {
  const origin = settings.need('certificateFile')
  const passphraseFile = settings.strongest('certPassphrase', 'certPassphraseFile') === 'certPassphraseFile'
  const passphrase = passphraseFile
    ? await readTextFile(settings.need('certPassphraseFile'), 'the passphrase')
    : settings.get('certPassphrase')
  const certificate = await loadCertificate(await readCertificateFile(origin), { origin, passphrase })
  const configured = settings.get('certThumbprint')
  if (configured !== undefined) assertThumbprint(certificate.chain[0], configured, origin)
  assertUsable(certificate.chain[0], origin)
  return certificate
}

async function warnings({ chain, origin }: KeyedCertificate, { warn }: SourceDeps): Promise<void> {
  if (await othersMayRead(origin))
    warn(`${origin} holds a private key and can be read by other users: chmod 600 ${origin}`)
  const days = Math.floor((chain[0].validToDate.getTime() - Date.now()) / 86_400_000)
  if (days < WARN_DAYS) warn(`the certificate ${origin} expires in ${days} days: todo-cli cert create NAME`)
}
