/** One file for each thing that can be wrong with a certificate file. */
import type { KeyObject } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildCertificate } from '../../core/forge/x509.ts'
import { certificateFor, ecKeys, pkcs8, rsaKeys } from './certificates.ts'

/** The passphrase of `encrypted.pem`. */
export const PASSPHRASE = 'open sesame'

/** Writes them into a folder, by names that say what is wrong. `good.pem` is what they could have been. */
export async function writeBadCertificates(folder: string): Promise<void> {
  const [keys, others, small, ec] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys(1024), ecKeys()])
  const key = pkcs8(keys.privateKey)
  const certificate = certificateFor(keys)
  const ofAnEcKey = buildCertificate({
    subject: [{ type: 'CN', value: 'ec' }],
    publicKey: keys.publicKey,
    signer: { privateKey: keys.privateKey },
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keyUsage: ['digitalSignature'],
  })
  const files = {
    'good.pem': key + certificate,
    'empty.pem': '',
    'text.pem': 'Dear diary,\n',
    'no-key.pem': certificate,
    'no-certificate.pem': key,
    'two-keys.pem': key + pkcs8(others.privateKey) + certificate,
    'encrypted.pem': pkcs8(keys.privateKey, PASSPHRASE) + certificate,
    'two-leaves.pem': certificate + certificateFor(others),
    // As long as it was: cut off, two bytes of the serial number would be its start, and could be those of a longer file.
    'damaged.pem': certificate.replace(/\n[\w+/]{40}/, `\n${'A'.repeat(40)}`),
    'small.pem': pkcs8(small.privateKey) + certificateFor(small),
    'old-cipher.pem': oldCipher(keys.privateKey) + certificate,
    'large.pem': certificate.padEnd(1_100_000, '\n'),
    'other-key.pem': pkcs8(others.privateKey) + certificate,
    'ec.pem': pkcs8(ec.privateKey) + ofAnEcKey,
    'expired.pem': key + certificateFor(keys, { from: -10, until: -1 }),
    'not-yet.pem': key + certificateFor(keys, { from: 2, until: 9 }),
    'cut.pem': (key + certificate).slice(0, -200),
  }
  await mkdir(join(folder, 'folder.pem'), { recursive: true })
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data, { mode: 0o600 })
}

/** As OpenSSL encrypted keys long ago, with DES, which OpenSSL 3 has no more. */
function oldCipher(key: KeyObject): string {
  const encrypted = key
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: PASSPHRASE })
    .toString()
  return encrypted.replace(/DEK-Info: .*/, 'DEK-Info: DES-CBC,0011223344556677')
}
