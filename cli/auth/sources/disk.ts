/** `--auth cert`: a certificate in a file, with its private key. What reads it is loaded when it is used. */
import { PASSPHRASE_SETTINGS } from '../../passphrase-settings.ts'
import { text } from '../../settings.ts'
import type { CertificateSource } from './source.ts'

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
      key: 'certificateBase64',
      variable: 'CERT_BASE64',
      secret: true,
      help: 'The certificate file, with its private key, in base64',
    },
    ...PASSPHRASE_SETTINGS,
    {
      key: 'certThumbprint',
      flag: '--cert-thumbprint HEX',
      variable: 'CERT_THUMBPRINT',
      help: 'The thumbprint that the certificate must have',
      parse: text,
    },
  ],
  async identify(settings, deps) {
    const { identifyFile } = await import('./certificate-on-disk.ts')
    return identifyFile(settings, deps)
  },
  async open(settings) {
    const { openFile } = await import('./certificate-on-disk.ts')
    return openFile(settings)
  },
}
