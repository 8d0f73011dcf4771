import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { thumbprintsOf } from '../../../../../core/thumbprints.ts'
import { PASSPHRASE, withCertificates } from '../../../../support/certificate-folder.ts'
import { certificateFor, derOf, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { type CliOptions, expectError } from '../../../../support/cli.ts'

const files = withCertificates()
const { cert, json } = files
const env = { CERT_PASSPHRASE: PASSPHRASE }

describe('cert show', () => {
  it('tells what is in a certificate, a line for each', async () => {
    const { stdout, stderr, exitCode } = await cert('show ./good.pem')
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toContain('subject\tCN=daemon\n')
    expect(stdout).toContain('issuer\tCN=daemon (itself)\n')
    expect(stdout).toContain('key\tRSA 2048\n')
    expect(stdout).toContain('private key\tin this file\n')
    expect(stdout).toContain('usage\tdigitalSignature, clientAuth\n')
    expect(stdout).toContain('days left\t100\n')
  })

  it('tells the same in JSON', async () => {
    expect(await json('show ./good.pem')).toMatchObject({
      certificate: files.path('good.pem'),
      subject: 'CN=daemon',
      daysLeft: 100,
      keyType: 'rsa',
      keySize: 2048,
      hasPrivateKey: true,
      keyUsage: ['digitalSignature'],
      thumbprints: thumbprintsOf(derOf(files.certificate())),
    })
  })

  it.each(['good.crt', 'good.pfx', 'mismatch.pem'])('reads %s', async (name) => {
    expect(await json(`show ./${name}`)).toMatchObject({ subject: 'CN=daemon' })
  })

  it('says that the public part has no key, and warns of the key of another certificate', async () => {
    expect(await json('show ./good.crt')).toMatchObject({ hasPrivateKey: false })
    const { stderr } = await cert('show ./mismatch.pem')
    expect(stderr).toMatch(/^warning: .*belongs to another certificate\n$/)
  })

  it.each(['locked.pem', 'locked.pfx'])(
    'opens %s with a passphrase, wherever it comes from',
    async (name) => {
      files.write('passphrase.txt', `${PASSPHRASE}\n`)
      const found = { hasPrivateKey: true }
      expect(await json(`show ./${name}`, { env })).toMatchObject(found)
      expect(await json(`show ./${name} --passphrase-file ./passphrase.txt`)).toMatchObject(found)
      expect(await json(`show ./${name} --passphrase-env P`, { env: { P: PASSPHRASE } })).toMatchObject(found)
      expect(await json(`show ./${name} --passphrase-file -`, { stdin: `${PASSPHRASE}\n` })).toMatchObject(
        found,
      )
    },
  )

  it('shows the certificate beside a locked key without its passphrase, and says that the key stays locked', async () => {
    const { stdout, stderr, exitCode } = await cert('show ./locked.pem')
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^to open .*--passphrase-file.*\n$/)])
    expect(stdout).toContain('subject\tCN=daemon\n')
    expect(stdout).toContain('private key\tin this file, encrypted; it was not opened\n')
  })

  it.each<[string, string, CliOptions?]>([
    ['in this file', './good.pem'],
    ['in this file', './locked.pem', { env }],
    ['encrypted', './locked.pem'],
    ['encrypted', './locked.pem', { tty: true }],
    ['encrypted', '-', { stdin: 'locked.pem' }],
    ['not here', './good.crt'],
    ['not here', './mismatch.pem'],
  ])('says in JSON that the private key is %s for %s', async (privateKey, name, given = {}) => {
    const stdin = given.stdin === undefined ? {} : { stdin: files.read(given.stdin) }
    const { stdout } = await cert(`show ${name} --json`, { ...given, ...stdin })
    expect(JSON.parse(stdout)).toMatchObject({ privateKey, hasPrivateKey: privateKey !== 'not here' })
  })

  it('needs the passphrase where the key alone tells which certificate is meant', async () => {
    files.write('two.pem', files.read('locked.pem') + certificateFor(await rsaKeys(), { cn: 'other' }))
    expectError(await cert('show ./two.pem'), 2, 'is encrypted')
    expect(await json('show ./two.pem', { env })).toMatchObject({ subject: 'CN=daemon' })
  })

  it('needs the passphrase of a locked key that has no certificate beside it', async () => {
    files.write('alone.pem', pkcs8(files.keys().privateKey, PASSPHRASE))
    expectError(await cert('show ./alone.pem'), 2, 'is encrypted')
  })

  it.each<[string, string, CliOptions]>([
    ['a setting', '', { env: { CERT_PASSPHRASE: 'wrong' } }],
    ['standard input', ' --passphrase-file -', { stdin: 'wrong\n' }],
    ['an empty line', ' --passphrase-file -', { stdin: '\n' }],
  ])('refuses a wrong passphrase of %s, though the certificate can be read', async (_, flag, options) => {
    expectError(await cert(`show ./locked.pem${flag}`, options), 2, 'does not open')
  })

  it('asks at a terminal for what can not be read without, and shows nothing of the answer', async () => {
    const { stdout, stderr, exitCode } = await cert('show ./locked.pfx', {
      tty: true,
      stdin: `${PASSPHRASE}\n`,
    })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('CN=daemon')
    expect(stderr).toMatch(/Its passphrase: /)
    expect(stdout + stderr).not.toContain(PASSPHRASE)
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['the end of the input', ''],
  ])('ends with 130 and one line at %s in the place of the passphrase', async (_, stdin) => {
    const { exitCode, stderr } = await cert('show ./locked.pfx', { tty: true, stdin })
    expect(exitCode).toBe(130)
    expect(stderr).toMatch(/Its passphrase: \n.*(interrupted|answered)\n$/)
  })

  it.each([
    ['PEM', () => files.read('good.pem')],
    ['base64 of DER', () => derOf(files.certificate()).toString('base64')],
    ['base64 of PFX', () => readFileSync(files.path('good.pfx')).toString('base64')],
  ])('reads %s from standard input', async (_, of) => {
    const found = { certificate: 'standard input', subject: 'CN=daemon' }
    expect(await json('show -', { stdin: of() })).toMatchObject(found)
  })

  it('reads no more of standard input than a certificate has', async () => {
    expectError(await cert('show -', { stdin: 'x'.repeat(3 * 1024 * 1024) }), 2, 'larger than 1 MB')
    expectError(await cert('show -'), 2, 'standard input is empty')
  })

  it('takes the certificate that the settings name', async () => {
    const variables = { CERT_PRIVATE_KEY_FILE: files.path('good.pem') }
    expect(await json('show', { env: variables })).toMatchObject({ certificate: files.path('good.pem') })
  })

  it.each([
    ['show ./nothing.pem', 'there is no file'],
    ['show ./locked.pfx', 'is encrypted'],
    ['show ./locked.pfx --passphrase-env UNSET', 'UNSET'],
    ['show ./locked.pfx --passphrase-file ./nothing.txt', 'nothing.txt'],
    ['show vault:bad_name', 'bad_name'],
    ['show http://vault.example/certificates/x', 'not the address'],
    ['show', 'is not set'],
    ['show - --passphrase-file -', 'both'],
  ])('%s is an error in one line', async (line, message) => {
    expectError(await cert(line), 2, message)
  })

  it('never shows a wrong passphrase', async () => {
    const result = await cert('show ./locked.pfx', { env: { CERT_PASSPHRASE: 'hunter2' } })
    expectError(result, 2, 'does not open')
    expect(result.stderr).not.toContain('hunter2')
  })

  it('gives an error as JSON with --json', async () => {
    const { stderr, exitCode } = await cert('show ./locked.pfx --json')
    expect(exitCode).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'certificate-passphrase-missing', exitCode: 2 },
    })
  })
})

it('cert thumbprint opens what is locked', async () => {
  expect(await json('thumbprint ./locked.pfx', { env })).toEqual(thumbprintsOf(derOf(files.certificate())))
  expect((await cert('thumbprint ./locked.pem --format sha1')).stdout.trim()).toBe(
    thumbprintsOf(derOf(files.certificate())).sha1,
  )
  expect(readFileSync(files.path('locked.pem'), 'utf8')).toContain('ENCRYPTED')
})
