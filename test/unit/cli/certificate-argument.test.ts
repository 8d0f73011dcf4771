import { describe, expect, it } from 'vitest'
import { parseCertificateArgument } from '../../../cli/certificate-argument.ts'
import { appError } from '../../support/app-error.ts'

const VERSION = '0123456789abcdef0123456789abcdef'

describe('CERT', () => {
  it.each(['daemon.pem', 'certs/daemon.pem', './vault:x', 'C:\\certs\\daemon.pem', 'certificates', 'vault'])(
    '%s is a file',
    (text) => {
      expect(parseCertificateArgument(text)).toEqual({ kind: 'file', path: text })
    },
  )

  it.each([
    ['vault:daemon', { name: 'daemon' }],
    [`vault:daemon/${VERSION}`, { name: 'daemon', version: VERSION }],
    [
      'https://contoso.vault.azure.net/certificates/daemon',
      { vaultUrl: 'https://contoso.vault.azure.net', name: 'daemon' },
    ],
    [
      `https://contoso.vault.azure.net/certificates/daemon/${VERSION}`,
      { vaultUrl: 'https://contoso.vault.azure.net', name: 'daemon', version: VERSION },
    ],
    ['https://localhost:8443/certificates/daemon/', { vaultUrl: 'https://localhost:8443', name: 'daemon' }],
    [
      'HTTPS://Contoso.vault.azure.net/certificates/daemon',
      { vaultUrl: 'https://contoso.vault.azure.net', name: 'daemon' },
    ],
  ])('%s is in a vault', (text, where) => {
    expect(parseCertificateArgument(text)).toEqual({ kind: 'vault', ...where })
  })

  it.each([
    'vault:',
    'vault:a b',
    'vault:a_b',
    'vault:a/b',
    'vault:../secrets/x',
    `vault:a/${VERSION}/more`,
    `vault:${'x'.repeat(128)}`,
    'https://contoso.vault.azure.net',
    'https://contoso.vault.azure.net/keys/daemon',
    'https://contoso.vault.azure.net/secrets/daemon',
    'https://contoso.vault.azure.net/certificates',
    'https://contoso.vault.azure.net/certificates/daemon/latest',
    'http://contoso.vault.azure.net/certificates/daemon',
    'https://',
  ])('%s is neither', async (text) => {
    expect((await appError('setting-invalid', () => parseCertificateArgument(text))).hint).toBeTruthy()
  })
})
