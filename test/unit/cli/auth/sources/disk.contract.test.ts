import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { disk } from '../../../../../cli/auth/sources/disk.ts'
import type { SourceDeps } from '../../../../../cli/auth/sources/source.ts'
import { resolveSettings } from '../../../../../cli/settings.ts'
import { sourceContract } from '../../../../contract/source.ts'
import { appError } from '../../../../support/app-error.ts'
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

describe('a certificate in the variable CERT_BASE64', () => {
  const base64 = () => readFileSync(join(folder, 'good.pem')).toString('base64')
  const lines: string[] = []
  const deps: SourceDeps = {
    caPem: undefined,
    signal: new AbortController().signal,
    warn: (line) => lines.push(line),
    trace: () => {},
  }
  const open = (env: Record<string, string>, flags = {}) =>
    disk.open(resolveSettings(disk.settings, { flags, env }), deps)

  it('is used where no file is named', async () => {
    const certificate = await open({ CERT_BASE64: base64() })
    expect(certificate.origin).toBe('CERT_BASE64')
    await certificate.sign('PS256', Buffer.from('x'))
  })

  it('gives way to a file that a flag names', async () => {
    const flags = { certificateFile: join(folder, 'another.pem') }
    const { origin } = await open({ CERT_BASE64: base64(), CERT_PASSPHRASE: 'open sesame' }, flags)
    expect(origin).toBe(flags.certificateFile)
  })

  it('is refused by its name where it is cut, and nothing of it is shown', async () => {
    const cut = base64().slice(0, -200)
    const { message } = await appError('certificate-truncated', () => open({ TODO_CLI_CERT_BASE64: cut }))
    expect(message).toContain('TODO_CLI_CERT_BASE64')
    expect(message).not.toContain(cut.slice(0, 20))
  })
})

it('warns of a file that others may read on every run, the token cached or not', async () => {
  write('open.pem', readFileSync(join(folder, 'good.pem'), 'utf8'))
  chmodSync(join(folder, 'open.pem'), 0o644)
  const lines: string[] = []
  const signal = new AbortController().signal
  const deps = { caPem: undefined, signal, warn: (line: string) => lines.push(line), trace: () => {} }
  await disk.identify(resolveSettings(disk.settings, file('open.pem')), deps)
  expect(lines).toEqual([expect.stringContaining('chmod 600')])
})
