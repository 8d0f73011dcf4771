import { randomUUID, X509Certificate } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writePfx } from '../../../../../core/forge/pkcs12-writer.ts'
import { thumbprintsOf } from '../../../../../core/thumbprints.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { expectError, runCli } from '../../../../support/cli.ts'
import { ask } from '../../../../support/tenant-client.ts'
import { withVault } from '../../../../support/vault.ts'

const vault = withVault()
let keys: KeyPair
let certificate: string
beforeAll(async () => {
  keys = await rsaKeys()
  certificate = certificateFor(keys)
})
afterEach(() => vault().permitAll())

const todo = (...argv: string[]) => runCli(argv, { env: vault().env() })
const json = async (...argv: string[]) => {
  const { stdout, stderr, exitCode } = await todo(...argv, '--json')
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return JSON.parse(stdout)
}
const file = (name: string, data: string | Buffer) => {
  const path = join(vault().folder, name)
  writeFileSync(path, data, { mode: 0o600 })
  return path
}
const fresh = () => `n-${randomUUID()}`
const dated = (dates: { from?: number; until?: number }) =>
  pkcs8(keys.privateKey) + certificateFor(keys, dates)
const pem = () => pkcs8(keys.privateKey) + certificate
/** A certificate in the vault over the file's key: importing is faster than having one made. */
const imported = async (name = fresh()) => {
  await (await vault().client()).importCertificate(name, Buffer.from(pem()), {
    policy: { contentType: 'application/x-pem-file' },
  })
  return name
}
const sha1 = () => thumbprintsOf(new X509Certificate(certificate).raw).sha1

describe('cert create --vault', () => {
  it('says what was made, where its key is, and what comes next', async () => {
    const name = fresh()
    const { stdout, stderr, exitCode } = await todo(
      'cert',
      'create',
      name,
      '--vault',
      vault().tenant.vaultUrl,
    )
    expect(exitCode).toBe(0)
    expect(stdout).toContain('private key\tin the vault, and never leaves it')
    expect(stdout).toMatch(/SHA-256\t[0-9A-F]{64}/)
    expect(stderr).toBe(`next: todo-cli app credential add ${vault().tenant.vaultUrl}/certificates/${name}\n`)
  })

  it('says that a vault counts in months', async () => {
    const url = vault().tenant.vaultUrl
    const { stderr } = await todo('cert', 'create', fresh(), '--vault', url, '--days', '100')
    expect(stderr).toContain('a vault counts in months: 100 days become 3 months')
  })

  it('shows on a terminal what is waited for, and takes it back', async () => {
    const { tenant } = vault()
    // What takes less than 300 ms is not shown: the vault is asked to be slow.
    const body = { service: 'vault', pathContains: '/create', latencyMs: 600, times: 2 }
    await ask(tenant, `${tenant.adminUrl}/faults`, { body, token: tenant.adminToken })
    const argv = ['cert', 'create', fresh(), '--vault', tenant.vaultUrl]
    const { stderr } = await runCli(argv, { env: vault().env(), tty: true })
    expect(stderr).toContain('makes the certificate')
    expect(stderr).toContain('\r\u001b[K')
  })

  it('tells the subject as cert show does, and as it was given', async () => {
    const subject = 'CN=daemon,O=Contoso\\, Ltd,C=DE'
    const url = vault().tenant.vaultUrl
    const made = await json('cert', 'create', fresh(), '--vault', url, '--subject', subject)
    expect(made.subject).toBe(subject)
    expect((await json('cert', 'show', made.certificate)).subject).toBe(subject)
  })

  it.each<[string, string[], RegExp]>([
    ['a name that a vault can not have', ['a.b'], /"a\.b" is not a name for a certificate in a vault/],
    ['a subject that is none', ['x', '--subject', 'nobody'], /the subject can not be read/],
    ['--pfx', ['x', '--pfx'], /--pfx is for files/],
    ['--out', ['x', '--out', 'certs'], /--out is for files/],
    ['--force', ['x', '--force'], /--force is for files/],
    ['a passphrase', ['x', '--passphrase-env', 'HOME'], /--passphrase-env is for files/],
  ])('refuses %s, and asks the vault for nothing', async (_, argv, message) => {
    vault().exchanges.splice(0)
    expectError(await todo('cert', 'create', ...argv, '--vault', vault().tenant.vaultUrl), 2, message)
    expect(vault().exchanges).toEqual([])
  })
})

describe('cert import', () => {
  it.each<[string, () => string | Buffer, Record<string, string>]>([
    ['PEM', pem, {}],
    [
      'encrypted PEM',
      () => pkcs8(keys.privateKey, 'open sesame') + certificate,
      { CERT_PASSPHRASE: 'open sesame' },
    ],
    [
      'PFX',
      () =>
        writePfx({
          certificates: [derOf(certificate)],
          key: keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
          passphrase: 'x',
          friendlyName: 'daemon',
        }),
      { CERT_PASSPHRASE: 'x' },
    ],
    ['base64 of it', () => Buffer.from(pem()).toString('base64'), {}],
  ])('takes %s', async (_, data, more) => {
    const argv = ['cert', 'import', file('import.any', data()), '--name', fresh(), '--json']
    const { stdout, exitCode } = await runCli(argv, { env: vault().env(more) })
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).thumbprints.sha1).toBe(sha1())
  })

  it('takes certificate and key from two files', async () => {
    const [crt, key] = [file('two.crt', certificate), file('two.key', pkcs8(keys.privateKey))]
    expect((await json('cert', 'import', crt, '--key', key, '--name', fresh())).thumbprints.sha1).toBe(sha1())
  })

  it('takes it from standard input, where it is given a name', async () => {
    const argv = ['cert', 'import', '-', '--name', fresh(), '--json']
    expect((await runCli(argv, { env: vault().env(), stdin: pem() })).exitCode).toBe(0)
    expectError(
      await runCli(['cert', 'import', '-'], { env: vault().env(), stdin: pem() }),
      2,
      /needs a name/,
    )
  })

  it('names it after the file', async () => {
    const { certificate: id } = await json('cert', 'import', file('my daemon.pem', pem()))
    expect(id).toContain('/certificates/my-daemon/')
  })

  it('keeps the key in the vault, unless it is to be exportable', async () => {
    const [kept, free] = [fresh(), fresh()]
    await json('cert', 'import', file('a.pem', pem()), '--name', kept)
    await json('cert', 'import', file('a.pem', pem()), '--name', free, '--exportable')
    const out = (name: string) => join(vault().folder, `${name}.pem`)
    const to = (name: string) =>
      todo('cert', 'export', `vault:${name}`, '--out', out(name), '--with-private-key')
    expectError(await to(kept), 2, /may not leave the vault/)
    expect(existsSync(out(kept))).toBe(false)
    expect((await to(free)).exitCode).toBe(0)
    expect(existsSync(out(free))).toBe(true)
  })

  it('says that the file still holds the key', async () => {
    const { stderr } = await todo('cert', 'import', file('b.pem', pem()), '--name', fresh())
    expect(stderr).toContain('the file still holds the private key')
  })

  it.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(vault().folder, 'none.pem'), /there is no file/],
    ['a certificate without its key', () => file('public.crt', certificate), /no private key/],
    ['text', () => file('text.pem', 'text'), /neither a PEM, DER nor PFX file/],
    ['one that has expired', () => file('old.pem', dated({ from: -9, until: -1 })), /expired on/],
    ['one of the future', () => file('new.pem', dated({ from: 2, until: 9 })), /is valid from/],
  ])('refuses %s, and asks the vault for nothing', async (_, path, message) => {
    vault().exchanges.splice(0)
    expectError(await todo('cert', 'import', path(), '--name', 'x'), 2, message)
    expect(vault().exchanges).toEqual([])
  })

  it('warns once of one that ends soon', async () => {
    const { stderr, exitCode } = await todo(
      'cert',
      'import',
      file('soon.pem', dated({ until: 20.5 })),
      '--name',
      fresh(),
    )
    expect(exitCode).toBe(0)
    expect(stderr.match(/expires in 20 days/g)).toHaveLength(1)
  })

  it('from another vault does not tell to remove a file', async () => {
    const source = fresh()
    await json('cert', 'import', file('e.pem', pem()), '--name', source, '--exportable')
    const { stderr } = await todo('cert', 'import', `vault:${source}`, '--name', fresh())
    expect(stderr).toBe('')
  })

  it('names the missing permission', async () => {
    vault().permit({ certificates: ['get'] })
    expectError(
      await todo('cert', 'import', file('c.pem', pem()), '--name', 'x'),
      4,
      /denies "certificates import"/,
    )
  })
})

describe('cert remove vault:NAME', () => {
  it('deletes it, says until when it can be recovered, and how', async () => {
    const name = await imported()
    const { stderr, exitCode } = await todo('cert', 'remove', `vault:${name}`, '--yes')
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/deleted: .+; recoverable until \d{4}-\d\d-\d\d, its name is taken until then/)
    expect(stderr).toContain(`todo-cli cert recover ${vault().tenant.vaultUrl}/certificates/${name}`)
  })

  it('with --purge ends it, and frees the name', async () => {
    const name = await imported()
    expect(await json('cert', 'remove', `vault:${name}`, '--purge', '--yes')).toMatchObject({
      state: 'purged',
    })
    await imported(name)
  })

  it('with --purge ends one that is deleted already', async () => {
    const name = await imported()
    expect(await json('cert', 'remove', `vault:${name}`, '--yes')).toMatchObject({
      state: 'deleted',
      recoverableUntil: expect.stringMatching(/^\d{4}-/),
    })
    expect(await json('cert', 'remove', `vault:${name}`, '--purge', '--yes')).toMatchObject({
      state: 'purged',
    })
  })

  it('explains one that is deleted already', async () => {
    const name = await imported()
    await todo('cert', 'remove', `vault:${name}`, '--yes')
    const result = await todo('cert', 'remove', `vault:${name}`, '--yes')
    expectError(result, 2, /is deleted already, and recoverable until/)
    expect(result.stderr).toContain('--purge')
  })

  it('says that a name is taken by a deleted certificate', async () => {
    const name = await imported()
    await todo('cert', 'remove', `vault:${name}`, '--yes')
    expectError(
      await todo('cert', 'import', file('d.pem', pem()), '--name', name),
      2,
      /keeps a deleted certificate/,
    )
  })

  it('that may not be purged stays deleted, which is said', async () => {
    const name = await imported()
    vault().permit({ certificates: ['get', 'delete'] })
    const { stderr, exitCode } = await todo('cert', 'remove', `vault:${name}`, '--purge', '--yes')
    expect(exitCode).toBe(4)
    expect(stderr).toContain('denies "certificates purge"')
    expect(stderr).toMatch(/is deleted, but not purged: recoverable until \d{4}/)
  })

  it('asks first, and where nobody can answer does nothing', async () => {
    const name = await imported()
    expectError(await todo('cert', 'remove', `vault:${name}`), 2, /Nobody can answer/)
    expect((await json('cert', 'show', `vault:${name}`)).subject).toBe('CN=daemon')
  })

  it.each<[string, string[], number, RegExp]>([
    ['one that is not there', ['vault:nope'], 2, /has no certificate "nope"/],
    ['one version', [`vault:daemon/${'0'.repeat(32)}`], 2, /as a whole/],
    ['a file with --purge', ['daemon.pem', '--purge'], 2, /--purge is for certificates in a vault/],
  ])('refuses %s', async (_, argv, code, message) => {
    expectError(await todo('cert', 'remove', ...argv, '--yes'), code, message)
  })
})

describe('cert recover vault:NAME', () => {
  it('brings it back with its key', async () => {
    const name = await imported()
    const before = await json('cert', 'show', `vault:${name}`)
    await todo('cert', 'remove', `vault:${name}`, '--yes')
    expect(await json('cert', 'recover', `vault:${name}`)).toMatchObject({ state: 'recovered' })
    expect(await json('cert', 'show', `vault:${name}`)).toEqual(before)
  })

  it('says so of one that is not deleted', async () => {
    const name = await imported()
    expect(await json('cert', 'recover', `vault:${name}`)).toMatchObject({ state: 'present' })
    expect((await todo('cert', 'recover', `vault:${name}`)).stderr).toContain('there is nothing to recover')
  })

  it('names the missing permission', async () => {
    const name = await imported()
    await todo('cert', 'remove', `vault:${name}`, '--yes')
    vault().permit({ certificates: ['get'] })
    const result = await todo('cert', 'recover', `vault:${name}`)
    expectError(result, 4, /denies "certificates recover"/)
    expect(result.stderr).toContain('--certificate-permissions recover')
  })

  it.each<[string, number, RegExp]>([
    ['vault:nope', 2, /has no deleted certificate "nope" to bring back/],
    ['daemon.pem', 2, /is not a certificate in a vault/],
    [`vault:x/${'0'.repeat(32)}`, 2, /is not a certificate in a vault/],
  ])('refuses %s', async (argument, code, message) => {
    expectError(await todo('cert', 'recover', argument), code, message)
  })
})

describe('what is not there', () => {
  it('is told with what else there is, how to make it, and how to bring it back', async () => {
    const name = await imported()
    await todo('cert', 'remove', `vault:${name}`, '--yes')
    const { stderr } = await todo('cert', 'show', `vault:${name}`)
    expect(stderr).toContain(`todo-cli cert create ${name} --vault`)
    expect(stderr).toContain(`todo-cli cert recover ${vault().tenant.vaultUrl}/certificates/${name}`)
    expect(stderr).toContain('todo-cli cert list --vault')
  })

  it('in one version is told with the way to the latest', async () => {
    const { stderr } = await todo('cert', 'show', `vault:${await imported()}/${'0'.repeat(32)}`)
    expect(stderr).toContain('see the latest: todo-cli cert show')
    expect(stderr).not.toContain('cert create')
  })
})

describe('the other verbs on vault:NAME', () => {
  it('list shows it with its days left', async () => {
    const name = await imported()
    const rows = await json('cert', 'list', '--key-vault-url', vault().tenant.vaultUrl)
    expect(rows).toContainEqual(
      expect.objectContaining({ certificate: `vault:${name}`, hasPrivateKey: true }),
    )
  })

  it('show tells what is in it, thumbprint its thumbprints, without secrets/get', async () => {
    const name = await imported()
    vault().permit({ certificates: ['get'] })
    const shown = await json('cert', 'show', `vault:${name}`)
    expect(shown).toMatchObject({ subject: 'CN=daemon', hasPrivateKey: true })
    expect(await json('cert', 'thumbprint', `vault:${name}`)).toEqual(shown.thumbprints)
  })

  it('show takes its whole address, and a version', async () => {
    const name = await imported()
    const { certificate: id } = await json('cert', 'show', `vault:${name}`)
    expect((await json('cert', 'show', id)).certificate).toBe(id)
    expect((await json('cert', 'show', `vault:${name}/${id.split('/').at(-1)}`)).certificate).toBe(id)
  })

  it('verify checks what can be seen of it', async () => {
    const { ok, checks } = await json('cert', 'verify', `vault:${await imported()}`)
    expect(ok).toBe(true)
    expect(checks.length).toBeGreaterThan(3)
  })

  it('convert takes it as export does', async () => {
    const out = join(vault().folder, 'converted.der')
    const argv = [
      'cert',
      'convert',
      `vault:${await imported()}`,
      out,
      '--key-vault-url',
      vault().tenant.vaultUrl,
    ]
    expect(await json(...argv)).toMatchObject({ form: 'der', hasPrivateKey: false })
  })

  it('export writes its public part', async () => {
    const out = join(vault().folder, 'exported.crt')
    await json('cert', 'export', `vault:${await imported()}`, '--out', out)
    expect(existsSync(out)).toBe(true)
  })

  it('needs-renewal answers by its exit code', async () => {
    const name = await imported()
    expect((await todo('cert', 'needs-renewal', `vault:${name}`, '--expires-in', '1d')).exitCode).toBe(1)
    expect((await todo('cert', 'needs-renewal', `vault:${name}`, '--expires-in', '500d')).exitCode).toBe(0)
    expect((await todo('cert', 'needs-renewal', 'vault:nope')).exitCode).toBe(2)
    vault().permit({})
    expect((await todo('cert', 'needs-renewal', `vault:${name}`)).exitCode).toBe(255)
  })
})
