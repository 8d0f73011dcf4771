import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadCertificate } from '../../../../../core/certificate.ts'
import { withCertificates } from '../../../../support/certificate-folder.ts'
import { expectError } from '../../../../support/cli.ts'
import { has, runTool } from '../../../../support/tools.ts'

const files = withCertificates()
const { cert, json } = files
const env = { NEW: 'correct horse' }
const load = (name: string, passphrase?: string) =>
  loadCertificate(readFileSync(files.path(name)), { origin: name, passphrase })

describe('cert create', () => {
  it('writes a pair that is one, and says where it is', async () => {
    const { stdout, stderr, exitCode } = await cert('create daemon --out ./one')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(files.path('one/daemon.pem'))
    expect(stderr).toContain('next: todo-cli app credential add')
    const { chain } = await load('one/daemon.pem')
    expect(chain[0].raw).toEqual(new X509Certificate(files.read('one/daemon.crt')).raw)
    expect(['one', 'one/daemon.pem', 'one/daemon.crt'].map(files.mode)).toEqual(['700', '600', '644'])
  })

  it('writes a PFX of the same pair', async () => {
    const answer = await json('create daemon --out ./two --pfx')
    expect(answer).toMatchObject({ pfxFile: files.path('two/daemon.pfx'), encrypted: false })
    const [pem, pfx] = [await load('two/daemon.pem'), await load('two/daemon.pfx')]
    expect(pfx.key.equals(pem.key)).toBe(true)
    expect(pfx.chain[0].raw).toEqual(pem.chain[0].raw)
    expect(files.mode('two/daemon.pfx')).toBe('600')
  })

  it('encrypts both with a passphrase', async () => {
    expect(await json('create daemon --out ./three --pfx --passphrase-env NEW', { env })).toMatchObject({
      encrypted: true,
    })
    for (const name of ['three/daemon.pem', 'three/daemon.pfx']) {
      await expect(load(name)).rejects.toMatchObject({ code: 'certificate-passphrase-missing' })
      await load(name, env.NEW)
    }
    expect(files.read('three/daemon.pem')).toContain('ENCRYPTED PRIVATE KEY')
  })

  it('does not encrypt with the passphrase of another certificate that a variable holds', async () => {
    await cert('create daemon --out ./four', { env: { CERT_PASSPHRASE: 'of another' } })
    await load('four/daemon.pem')
  })

  it.runIf(has('openssl'))('writes a PFX that openssl opens without -legacy', async () => {
    await cert('create daemon --out ./five --pfx --passphrase-file -', { stdin: 'correct horse\n' })
    const args = ['pkcs12', '-in', 'five/daemon.pfx', '-noout', '-passin', 'pass:correct horse']
    expect(runTool('openssl', args, files.folder)).toBe('')
  })

  it('replaces nothing without --force, and all of it with', async () => {
    await cert('create daemon --out ./six --pfx')
    const before = files.read('six/daemon.pem')
    expectError(await cert('create daemon --out ./six'), 2, 'exists already')
    expect(files.read('six/daemon.pem')).toBe(before)
    await cert('create daemon --out ./six --pfx --force')
    expect(files.read('six/daemon.pem')).not.toBe(before)
    expect((await load('six/daemon.pfx')).key.equals((await load('six/daemon.pem')).key)).toBe(true)
  })

  it('warns past 24 months', async () => {
    const { stderr, exitCode } = await cert('create daemon --out ./seven --days 731')
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^warning: 731 days/)])
  })

  it.each([
    ['create ../daemon', 'file name'],
    ['create .hidden', 'file name'],
    ['create daemon --days 0', '--days'],
    ['create daemon --days 1.5', '--days'],
    ['create daemon --days 99999', '--days'],
    ['create daemon --key-size 1024', '--key-size'],
    ['create daemon --subject daemon', 'subject'],
    ['create daemon --subject CN=', 'subject'],
    ['create daemon --exportable', '--exportable'],
    ['create daemon --passphrase-env UNSET', 'UNSET'],
    ['create daemon --vault https://v.vault.azure.net --pfx', '--pfx'],
    ['create daemon --vault https://v.vault.azure.net --passphrase-env NEW', '--passphrase-env'],
    ['create daemon --vault http://v.vault.azure.net', 'http://'],
  ])('%s is an error in one line, and writes nothing', async (line, message) => {
    expectError(await cert(`${line} --out ./none`, { env }), 2, message)
    expect(files.exists('none')).toBe(false)
  })

  it('refuses a file in the place of the folder', async () => {
    expectError(await cert('create daemon --out ./good.pem'), 1, 'not a folder')
  })
})
