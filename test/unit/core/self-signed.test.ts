import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertUsable, loadCertificate } from '../../../core/certificate.ts'
import { parseDistinguishedName } from '../../../core/distinguished-name.ts'
import { createSelfSigned, type KeySize, type SelfSigned } from '../../../core/self-signed.ts'
import { appError } from '../../support/app-error.ts'
import { has, runTool } from '../../support/tools.ts'

const NAME = 'CN=daemon – 🔑,OU=R\\+D,O=Contoso\\, Ltd,DC=example,C=DE'
const folder = mkdtempSync(join(tmpdir(), 'self-signed-'))
const now = new Date('2026-03-01T12:00:00.900Z')
let made: SelfSigned

beforeAll(async () => {
  made = await createSelfSigned({ subject: parseDistinguishedName(NAME), days: 365, keySize: 2048, now })
  writeFileSync(join(folder, 'made.crt'), made.certificatePem)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('createSelfSigned', () => {
  it('makes a pair that the loader reads as one', async () => {
    const file = Buffer.from(made.privateKeyPem + made.certificatePem)
    const { chain, key } = await loadCertificate(file, { origin: 'made.pem' })
    expect(chain).toHaveLength(1)
    expect(key.equals(made.key)).toBe(true)
    assertUsable(made.certificate, 'made.pem', now)
  })

  it('begins ten minutes before now and lives its days to the second', () => {
    expect(made.certificate.validFromDate.toISOString()).toBe('2026-03-01T11:50:00.000Z')
    expect(made.certificate.validToDate.toISOString()).toBe('2027-03-01T11:50:00.000Z')
  })

  it('writes the private key as PKCS#8 that is not encrypted', () => {
    expect(made.privateKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  it.each<KeySize>([3072, 4096])('makes a key of %i bits', async (keySize) => {
    const { key } = await createSelfSigned({ subject: parseDistinguishedName('CN=a'), days: 1, keySize })
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: keySize, publicExponent: 65537n })
  })

  const options = { subject: [{ type: 'CN', value: 'a' }], days: 1, keySize: 2048 as const }
  it.each([0, -1, 1.5, Number.NaN, 36_501, Number.POSITIVE_INFINITY])('refuses %d days', async (days) => {
    await appError('setting-invalid', () => createSelfSigned({ ...options, days }))
  })
  it.each([1024, 2047, 8192])('refuses a key of %i bits', async (bits) => {
    await appError('setting-invalid', () => createSelfSigned({ ...options, keySize: bits as KeySize }))
  })
  it('refuses an empty subject', async () => {
    await appError('setting-invalid', () => createSelfSigned({ ...options, subject: [] }))
  })
})

describe.runIf(has('openssl'))('openssl', () => {
  const openssl = (...args: string[]) => runTool('openssl', args, folder)

  it('shows the subject as it was typed', () => {
    expect(
      openssl('x509', '-in', 'made.crt', '-noout', '-subject', '-nameopt', 'RFC2253,utf8,-esc_msb'),
    ).toBe(`subject=${NAME}\n`)
  })

  it('verifies it strictly, for a client', () => {
    const at = String((now.getTime() / 1000) | 0)
    const args = [
      '-x509_strict',
      '-check_ss_sig',
      '-purpose',
      'sslclient',
      '-attime',
      at,
      '-CAfile',
      'made.crt',
    ]
    expect(openssl('verify', ...args, 'made.crt')).toBe('made.crt: OK\n')
  })

  it('finds no more usages than the ones that a client needs', () => {
    const shown = openssl(
      'x509',
      '-in',
      'made.crt',
      '-noout',
      '-ext',
      'basicConstraints,keyUsage,extendedKeyUsage',
    )
    expect(shown.replace(/\s+/g, ' ')).toBe(
      'X509v3 Basic Constraints: critical CA:FALSE X509v3 Key Usage: critical Digital Signature X509v3 Extended Key Usage: TLS Web Client Authentication ',
    )
  })
})

it.runIf(has('keytool'))("Java's parser reads it", () => {
  const shown = runTool('keytool', ['-J-Duser.language=en', '-printcert', '-file', 'made.crt'], folder)
  expect(shown).toContain('2048-bit RSA key')
})

it('loads node-forge only when it is called', async () => {
  const module = new URL('../../../core/self-signed.ts', import.meta.url).href
  const script = `
    const { createSelfSigned } = await import(${JSON.stringify(module)})
    const { createRequire } = await import('node:module')
    const loaded = () => Object.keys(createRequire(${JSON.stringify(module)}).cache).some((path) => path.includes('node-forge'))
    const before = loaded()
    await createSelfSigned({ subject: [{ type: 'CN', value: 'a' }], days: 1, keySize: 2048 })
    process.stdout.write(JSON.stringify([before, loaded()]))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  expect(JSON.parse(stdout)).toEqual([false, true])
})
