import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCertificate } from '../../../../../core/certificate.ts'
import { PASSPHRASE, withCertificates } from '../../../../support/certificate-folder.ts'
import { certificateFor, derOf, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { expectError } from '../../../../support/cli.ts'
import { has, runTool } from '../../../../support/tools.ts'

const files = withCertificates()
const { cert, json } = files
const NEW = 'a new passphrase'
const env = { CERT_PASSPHRASE: PASSPHRASE, NEW }

const loads = (name: string, passphrase?: string) =>
  loadCertificate(readFileSync(files.path(name)), { origin: name, passphrase })

describe('cert convert', () => {
  it.each(['out.pem', 'out.pfx', 'out.p12'])('writes key and certificate into %s, 0600', async (name) => {
    expect((await cert(`convert ./good.pem ./${name}`)).exitCode).toBe(0)
    expect((await loads(name)).key.equals(files.keys().privateKey)).toBe(true)
    expect(files.mode(name)).toBe('600')
  })

  it.each(['out.crt', 'out.cer', 'out.der'])('writes the public part alone into %s, 0644', async (name) => {
    expect((await cert(`convert ./good.pem ./${name}`)).exitCode).toBe(0)
    const bytes = readFileSync(files.path(name))
    expect(name === 'out.der' ? bytes : derOf(bytes.toString())).toEqual(derOf(files.certificate()))
    expect(files.mode(name)).toBe('644')
  })

  it('writes the key alone as PKCS#8', async () => {
    await cert('convert ./good.pfx ./out.key')
    expect(createPrivateKey(files.read('out.key')).equals(files.keys().privateKey)).toBe(true)
    expect(files.mode('out.key')).toBe('600')
  })

  it('opens with the old passphrase and encrypts with the new one', async () => {
    for (const name of ['re.pem', 're.pfx', 're.key']) {
      const answer = await json(`convert ./locked.pfx ./${name} --new-passphrase-env NEW`, { env })
      expect(answer).toMatchObject({ hasPrivateKey: true, encrypted: true })
    }
    expect((await loads('re.pem', NEW)).key.equals(files.keys().privateKey)).toBe(true)
    expect((await loads('re.pfx', NEW)).key.equals(files.keys().privateKey)).toBe(true)
    expect(files.read('re.key')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
  })

  it('does not encrypt with the passphrase that opened', async () => {
    await cert('convert ./locked.pem ./plain.pem', { env })
    expect((await loads('plain.pem')).key.equals(files.keys().privateKey)).toBe(true)
  })

  it('puts together what is in two files', async () => {
    files.write('alone.key', pkcs8(files.keys().privateKey, PASSPHRASE))
    await cert('convert ./good.crt ./both.pem --key ./alone.key', { env })
    expect((await loads('both.pem')).key.equals(files.keys().privateKey)).toBe(true)
  })

  it('keeps the chain', async () => {
    const ca = await rsaKeys()
    const issuer = { keys: ca, pem: certificateFor(ca, { cn: 'ca', ca: true }) }
    const leaf = certificateFor(files.keys(), { cn: 'leaf', issuer })
    files.write('chain.pem', issuer.pem + pkcs8(files.keys().privateKey) + leaf)
    await cert('convert ./chain.pem ./chain.pfx')
    expect((await loads('chain.pfx')).chain.map(({ subject }) => subject)).toEqual(['CN=leaf', 'CN=ca'])
  })

  it.runIf(has('openssl'))('writes a PFX that openssl opens without -legacy', async () => {
    await cert('convert ./good.pem ./ssl.pfx --new-passphrase-env NEW', { env })
    const args = ['pkcs12', '-in', 'ssl.pfx', '-noout', '-passin', `pass:${NEW}`]
    expect(runTool('openssl', args, files.folder)).toBe('')
  })

  it('does not replace a file unless it is told to', async () => {
    files.write('taken.pem', 'precious')
    expectError(await cert('convert ./good.pem ./taken.pem'), 2, 'exists already')
    expect(files.read('taken.pem')).toBe('precious')
    expect((await cert('convert ./good.pem ./taken.pem --force')).exitCode).toBe(0)
    expect((await loads('taken.pem')).key.equals(files.keys().privateKey)).toBe(true)
  })

  it.each([
    ['convert ./good.pem ./out', 'ending'],
    ['convert ./good.pem ./out.jks', 'ending'],
    ['convert ./good.pem', 'missing required argument'],
    ['convert ./good.crt ./no.pem', 'no private key'],
    ['convert ./mismatch.pem ./no.pem', 'belongs to another'],
    ['convert ./locked.pfx ./no.pem', 'is encrypted'],
    ['convert ./good.pem ./no.pem --new-passphrase-env UNSET', 'UNSET'],
    ['convert ./good.crt ./no.pem --key ./nothing.key', 'there is no file'],
  ])('%s is an error in one line, and writes nothing', async (line, message) => {
    expectError(await cert(line), 2, message)
    expect(files.exists('no.pem')).toBe(false)
  })

  it('refuses an empty new passphrase', async () => {
    expectError(
      await cert('convert ./good.pem ./no.pem --new-passphrase-file -', { stdin: '\n' }),
      2,
      'empty',
    )
    expect(files.exists('no.pem')).toBe(false)
  })

  it('refuses a folder that is not there', async () => {
    expectError(await cert('convert ./good.pem ./nowhere/x.pem'), 1, 'does not exist')
  })
})

describe('cert export', () => {
  it.each(['e.crt', 'e.pem', 'e.der'])('writes the public part alone into %s', async (name) => {
    const answer = await json(`export ./good.pem --out ./${name}`)
    expect(answer).toMatchObject({ hasPrivateKey: false })
    expect(readFileSync(files.path(name)).includes('PRIVATE')).toBe(false)
    expect(files.mode(name)).toBe('644')
  })

  it.each(['k.pem', 'k.pfx'])('writes the private key into %s when it is asked for by name', async (name) => {
    await cert(`export ./good.pem --out ./${name} --with-private-key --new-passphrase-env NEW`, { env })
    expect((await loads(name, NEW)).key.equals(files.keys().privateKey)).toBe(true)
    expect(files.mode(name)).toBe('600')
  })

  it.each([
    ['export ./good.pem', '--out'],
    ['export ./good.pem --out ./no.pfx', 'would hold the private key'],
    ['export ./good.pem --out ./no.key', 'would hold the private key'],
    ['export ./good.pem --out ./no.crt --with-private-key', 'no room'],
    ['export ./good.crt --out ./no.pem --with-private-key', 'no private key'],
  ])('%s is an error in one line', async (line, message) => {
    const result = await cert(line)
    expectError(result, 2, result.stderr.includes(message) ? message : /--out|private key/)
  })
})

describe('a certificate that ends soon, or has ended,', () => {
  it.each([
    ['convert ./soon.pem ./soon-1.pfx', 'expires in 20 days'],
    ['convert ./soon.pem ./soon-1.crt', 'expires in 20 days'],
    ['export ./soon.pem --out ./soon-2.crt', 'expires in 20 days'],
    ['export ./soon.pem --out ./soon-2.pfx --with-private-key', 'expires in 20 days'],
    ['convert ./expired.pem ./expired-1.pfx', 'has expired'],
  ])('is warned of once by cert %s, and written all the same', async (line, words) => {
    const { stderr, exitCode } = await cert(line)
    expect(exitCode).toBe(0)
    expect(stderr.split(words)).toHaveLength(2)
    expect(stderr).toMatch(/^warning: /)
  })

  it('is warned of with --quiet, too, and one with much time left is not', async () => {
    expect((await cert('convert ./soon.pem ./soon-3.crt --quiet')).stderr).toContain('expires in 20 days')
    expect((await cert('convert ./good.pem ./good-3.crt --quiet')).stderr).toBe('')
  })
})
