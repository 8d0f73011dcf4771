import { mkdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { PASSPHRASE, withCertificates } from '../../../../support/certificate-folder.ts'
import { expectError } from '../../../../support/cli.ts'
import { runTool } from '../../../../support/tools.ts'
import { withVault } from '../../../../support/vault.ts'

const files = withCertificates()
const { cert, json } = files
const vault = withVault()
const env = { CERT_PASSPHRASE: PASSPHRASE }

beforeAll(() => {
  files.write('notes.txt', 'not a certificate')
  mkdirSync(files.path('empty'), { recursive: true })
})

describe('cert list', () => {
  it('lists the certificate files of a folder, what ends first first', async () => {
    const { stdout, exitCode } = await cert(`list --folder ${files.folder}`, { env })
    expect(exitCode).toBe(0)
    const names = stdout.split('\n').map((line) => line.split('\t')[0]?.replace(`${files.folder}/`, ''))
    expect(names.slice(0, 2)).toEqual(['expired.pem', 'soon.pem'])
    expect(names.sort()).toEqual(
      [
        '',
        'expired.pem',
        'good.crt',
        'good.pem',
        'good.pfx',
        'locked.pem',
        'locked.pfx',
        'mismatch.pem',
        'soon.pem',
      ].sort(),
    )
  })

  it('tells days, thumbprint and whether the key is there', async () => {
    const rows = await json(`list --folder ${files.folder}`, { env })
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          certificate: files.path('expired.pem'),
          daysLeft: -2,
          hasPrivateKey: true,
        }),
        expect.objectContaining({ certificate: files.path('good.crt'), daysLeft: 100, hasPrivateKey: false }),
        expect.objectContaining({
          certificate: files.path('locked.pfx'),
          subject: 'CN=daemon',
          hasPrivateKey: true,
        }),
      ]),
    )
  })

  it.skipIf(process.platform === 'win32')('does not wait for a pipe that looks like a file', async () => {
    mkdirSync(files.path('piped'), { recursive: true })
    runTool('mkfifo', ['pipe.pem'], files.path('piped'))
    mkdirSync(files.path('piped/folder.pem'))
    expect(await json('list --folder ./piped')).toEqual([])
  })

  it('warns of a file that it can not open, and lists the others', async () => {
    const { stdout, stderr, exitCode } = await cert(`list --folder ${files.folder}`)
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/^warning: .*locked\.pfx is encrypted\n$/)
    expect(stdout).toContain('locked.pem')
  })

  it('says so where there is none, and gives valid JSON', async () => {
    const { stdout, stderr } = await cert('list --folder ./empty')
    expect([stdout, stderr]).toEqual(['', expect.stringContaining('cert create')])
    expect(await json('list --folder ./empty')).toEqual([])
  })

  it('refuses a folder that is not there', async () => {
    expectError(await cert('list --folder ./nothing'), 2, 'is not there')
    expectError(await cert('list --folder ./good.pem'), 2, 'can not be read')
  })

  it('ends with 1 where --all finds one that is due, and with 0 where not', async () => {
    expect((await cert(`list --all --folder ${files.folder}`, { env })).exitCode).toBe(1)
    expect((await cert('list --all --folder ./empty')).exitCode).toBe(0)
  })
})

describe('cert list over a vault', () => {
  it('adds the certificates of the vault with --all', async () => {
    const name = await vault().created()
    const rows = await json('list --all --folder ./empty', { env: vault().env() })
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          certificate: `vault:${name}`,
          hasPrivateKey: true,
          daysLeft: expect.any(Number),
        }),
      ]),
    )
  })

  it('adds those of the vault that is named, without the disabled ones', async () => {
    const [name, off] = [await vault().created(), await vault().created({ enabled: false })]
    const { KEY_VAULT_URL, ...env } = vault().env()
    const { stdout } = await cert(`list --vault ${KEY_VAULT_URL} --folder ./empty`, { env })
    expect(stdout).toContain(`vault:${name}\t`)
    expect(stdout).not.toContain(off)
  })

  it('leaves the vault alone without --all', async () => {
    expect(await json('list --folder ./empty', { env: vault().env() })).toEqual([])
  })

  it('says which permission is missing', async () => {
    vault().permit({ certificates: ['get'] })
    expectError(
      await cert('list --all --folder ./empty', { env: vault().env() }),
      4,
      /denies "certificates list"/,
    )
    vault().permitAll()
  })
})
