import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { disk } from '../../../../../cli/auth/sources/disk.ts'
import { sourceContract } from '../../../../contract/source.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../../../support/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'disk-'))
let key: string
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const [keys, others] = await Promise.all([rsaKeys(), rsaKeys()])
  key = pkcs8(keys.privateKey)
  write('good.pem', key + certificateFor(keys))
  write('another.pem', pkcs8(others.privateKey, 'open sesame') + certificateFor(others, { cn: 'another' }))
  write('expired.pem', key + certificateFor(keys, { from: -10, until: -1 }))
  write('early.pem', key + certificateFor(keys, { from: 2, until: 9 }))
  write('mismatch.pem', key + certificateFor(others))
})

const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
const file = (name: string, env = {}) => ({ flags: { certificateFile: join(folder, name) }, env })

sourceContract('disk', () => ({
  source: disk,
  good: () => file('good.pem'),
  another: () => file('another.pem', { CERT_PASSPHRASE: 'open sesame' }),
  refused: () => [
    { what: 'no file', code: 'certificate-missing', inputs: file('none.pem') },
    { what: 'a folder', code: 'certificate-unreadable', inputs: file('.') },
    { what: 'an expired one', code: 'certificate-expired', inputs: file('expired.pem') },
    { what: 'one of the future', code: 'certificate-not-yet-valid', inputs: file('early.pem') },
    { what: 'the key of another', code: 'certificate-key-mismatch', inputs: file('mismatch.pem') },
    { what: 'no passphrase', code: 'certificate-passphrase-missing', inputs: file('another.pem') },
    {
      what: 'a wrong one',
      code: 'certificate-passphrase-wrong',
      inputs: file('another.pem', { CERT_PASSPHRASE: 'x' }),
    },
  ],
  secrets: () => [key.split('\n')[5] ?? key, 'open sesame'],
}))
