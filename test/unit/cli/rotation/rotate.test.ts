import { X509Certificate } from 'node:crypto'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Api } from '../../../../api/server.ts'
import { createContext } from '../../../../cli/context.ts'
import { tryLock } from '../../../../cli/process-lock.ts'
import { loadCertificate } from '../../../../core/certificate.ts'
import { thumbprintsOf } from '../../../../core/thumbprints.ts'
import { startTestApi } from '../../../support/api.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { ALL_ROLES, withRegistrations } from '../../../support/registrations.ts'

const at = withRegistrations()
let keys: KeyPair
let count = 0
let name = ''
let api: Api
// biome-ignore lint/suspicious/noExplicitAny: what app create answers
let made: any

const file = (ending: string) => join(at().folder, name, `${name}.${ending}`)
const rotate = (...flags: readonly string[]) => [
  'cert',
  'rotate',
  '--profile',
  name,
  '--wait',
  '5s',
  ...flags,
]
const journal = () => join(at().env.TODO_CLI_HOME ?? '', 'journals', `rotation-${made.client.clientId}.json`)
const sha1 = (pem: string | Buffer) => thumbprintsOf(new X509Certificate(pem).raw).sha1
const sha1At = async (path: string) => {
  const { chain } = await loadCertificate(await readFile(path), { origin: path, passphrase: undefined })
  return thumbprintsOf(chain[0].raw).sha1
}
const registered = async (): Promise<string[]> => {
  const { body } = await at().graph(`/applications/${made.client.objectId}?$select=keyCredentials`)
  return body.keyCredentials.map(
    ({ customKeyIdentifier }: { customKeyIdentifier: string }) => customKeyIdentifier,
  )
}
const signsIn = async () => (await at().cli(['token', 'show', '--profile', name, '--no-cache'])).exitCode

beforeAll(async () => {
  keys = await rsaKeys()
  // One API for all: its audience is that of the first registration.
  await mkdir(join(at().folder, 'shared'))
  const flags = ['--client-name', 'shared', '--api-name', 'rotated-api', '--wait', '0']
  const { api: app } = await at().json([
    'app',
    'create',
    ...flags,
    '--api-env',
    join(at().folder, 'shared', 'env'),
    '--secret',
    '--secret-file',
    join(at().folder, 'shared', 'secret'),
  ])
  const { tenantId, authority, caPem } = at().tenant
  api = await startTestApi({ tenantId, authority, caPem, clientId: app.clientId })
}, 60_000)

beforeEach(async () => {
  count += 1
  name = `rotated-${count}`
  await mkdir(join(at().folder, name))
  const pem = pkcs8(keys.privateKey) + certificateFor(keys, { cn: name, until: 20 })
  await writeFile(file('pem'), pem, { mode: 0o600 })
  made = await create(file('pem'))
})

afterEach(async () => {
  at().permit(...ALL_ROLES)
  await at().admin('DELETE', '/faults')
  await at().admin('PATCH', '/settings', { propagationDelayMs: 0 })
})

const create = (certificate: string) =>
  at().json([
    ...['app', 'create', '--api-name', 'rotated-api', '--client-name', name, '--api-env', file('env')],
    ...['--wait', '0', '--certificate', certificate, '--api-endpoint', api.url],
  ])

describe('cert rotate of a file', () => {
  test('makes a new one beside the old, proves it, and puts it in the same place', async () => {
    const old = await sha1At(file('pem'))
    const { did, thumbprint, removeAfter } = await at().json(rotate())
    expect({ did, thumbprint }).toEqual({ did: 'rotated', thumbprint: await sha1At(file('pem')) })
    expect(thumbprint).not.toBe(old)
    expect(await registered()).toEqual([old, thumbprint])
    expect(Math.round((Date.parse(removeAfter) - Date.now()) / 86_400_000)).toBe(7)
    expect(await readFile(file('crt'), 'utf8').then(sha1)).toBe(thumbprint)
    expect((await stat(file('pem'))).mode & 0o777).toBe(0o600)
    expect(await signsIn()).toBe(0)
  })

  test('keeps subject, key size and lifetime', async () => {
    const before = new X509Certificate(await readFile(file('crt')))
    await at().json(rotate())
    const after = new X509Certificate(await readFile(file('crt')))
    const days = (each: X509Certificate) =>
      Math.round((each.validToDate.getTime() - each.validFromDate.getTime()) / 86_400_000)
    expect([after.subject, days(after)]).toEqual([before.subject, days(before)])
    expect(after.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  test('gets a real token and calls the API once before it changes over', async () => {
    at().exchanges.length = 0
    await at().json(rotate())
    const order = at().exchanges.map(
      ({ service, method, path }) => `${service} ${method} ${path.split('/').at(-1)}`,
    )
    const registration = order.findIndex((each) => each.startsWith('graph PATCH'))
    expect(order.slice(registration + 1)).toContainEqual(expect.stringMatching(/^issuer POST token/))
  })

  test('after --finish the old one is gone from the app and from the disk', async () => {
    await at().json(rotate())
    expect(await readdir(join(at().folder, name))).toHaveLength(4)
    expect(await at().json(rotate('--finish'))).toMatchObject({ did: 'finished' })
    expect(await registered()).toEqual([await sha1At(file('pem'))])
    expect((await readdir(join(at().folder, name))).toSorted()).toEqual([
      `${name}.crt`,
      `${name}.env`,
      `${name}.pem`,
    ])
    await expect(stat(journal())).rejects.toThrow('ENOENT')
    expect(await signsIn()).toBe(0)
  })

  test('with --keep-old leaves the old file', async () => {
    await at().json(rotate('--overlap', '0d', '--keep-old'))
    expect(await registered()).toHaveLength(1)
    expect(await readdir(join(at().folder, name))).toHaveLength(4)
  })

  test('a later run ends an overlap that is over', async () => {
    await at().json(rotate('--overlap', '1s'))
    await expect
      .poll(
        () =>
          at()
            .json(rotate('--if-needed', '1d'))
            .then(({ did }) => did),
        { timeout: 5000 },
      )
      .toBe('finished')
    expect(await registered()).toHaveLength(1)
  })

  test('within the overlap it is refused, with the command that ends it', async () => {
    await at().json(rotate())
    const { exitCode, stderr } = await at().cli(rotate())
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cert rotate --finish'),
    })
    expect(await registered()).toHaveLength(2)
  })

  test('with --if-needed is silent where nothing is due, and asks nobody', async () => {
    at().exchanges.length = 0
    expect(await at().cli(rotate('--if-needed', '5d'))).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
    expect(at().exchanges).toEqual([])
  })

  test('with --if-needed rotates what is due', async () => {
    expect(await at().json(rotate('--if-needed', '30d'))).toMatchObject({ did: 'rotated' })
  })

  test('with --if-needed is silent within the overlap', async () => {
    await at().json(rotate())
    expect(await at().cli(rotate('--if-needed', '1s'))).toMatchObject({ exitCode: 0, stdout: '', stderr: '' })
  })

  test('with --dry-run shows the steps and takes none', async () => {
    const before = await sha1At(file('pem'))
    at().exchanges.length = 0
    const steps = await at().json(rotate('--dry-run'))
    expect(steps).toHaveLength(6)
    expect(at().exchanges).toEqual([])
    expect(await sha1At(file('pem'))).toBe(before)
    expect(await readdir(join(at().folder, name))).toHaveLength(3)
  })

  test('without rights in the directory the app rolls its own keys', async () => {
    at().permit()
    const old = await sha1At(file('pem'))
    await at().json(rotate('--proof', '--overlap', '0d'))
    const now = await sha1At(file('pem'))
    expect(now).not.toBe(old)
    expect(await registered()).toEqual([now])
  })

  test('waits until the issuer knows the new one', async () => {
    await at().admin('PATCH', '/settings', { propagationDelayMs: 1200 })
    expect(await at().json(rotate())).toMatchObject({ did: 'rotated' })
  })

  test('keeps the encryption of the private key', async () => {
    await writeFile(file('pem'), pkcs8(keys.privateKey, 'open sesame') + certificateFor(keys, { cn: name }), {
      mode: 0o600,
    })
    await create(file('pem')).catch(() => undefined)
    const env = { CERT_PASSPHRASE: 'open sesame' }
    await at().json(['app', 'credential', 'add', file('pem'), '--profile', name], env)
    await at().json(rotate(), env)
    expect(await readFile(file('pem'), 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect((await at().cli(['token', 'show', '--profile', name], env)).exitCode).toBe(0)
  })

  test('replaces the file that a link leads to, not the link', async () => {
    await symlink(file('pem'), file('link.pem'))
    await at().json(rotate(file('link.pem')))
    expect(await sha1At(file('link.pem'))).toBe(await sha1At(file('pem')))
  })

  test('updates a thumbprint that the profile pins', async () => {
    await at().cli(['config', 'set', 'certThumbprint', await sha1At(file('pem')), '--profile', name])
    const { thumbprint } = await at().json(rotate())
    const { stdout } = await at().cli(['config', 'get', 'certThumbprint', '--profile', name])
    expect(stdout.trim()).toBe(thumbprint)
    expect(await signsIn()).toBe(0)
  })
})

test('a daemon that runs goes on with the new certificate, without a restart', async () => {
  const nowhere = { write: () => true, isTTY: false }
  const io = {
    stdin: Object.assign(Readable.from([]), { isTTY: false }),
    stdout: nowhere,
    stderr: nowhere,
    signal: new AbortController().signal,
  }
  const program = { execPath: process.execPath, entry: '', pid: process.pid }
  const context = createContext({ io, env: at().env, flags: { profile: name, cache: false }, program })
  const tokens = await context.tokens()
  const before = await tokens.get()
  await at().json(rotate('--overlap', '0d'))
  const after = await tokens.get(before.token)
  expect([after.fromCache, after.token === before.token]).toEqual([false, false])
  await context.close()
})

describe('cert rotate takes the new certificate back', () => {
  const expectAsBefore = async (before: string) => {
    expect(await sha1At(file('pem'))).toBe(before)
    expect(await registered()).toEqual([before])
    expect(await readdir(join(at().folder, name))).toHaveLength(3)
    await expect(stat(journal())).rejects.toThrow('ENOENT')
    expect(await signsIn()).toBe(0)
  }

  test('where the API refuses its token', async () => {
    const before = await sha1At(file('pem'))
    const { tenantId, authority, caPem, client } = at().tenant
    const other = await startTestApi({ tenantId, authority, caPem, clientId: client.appId })
    const { exitCode, stderr } = await at().cli(rotate('--api-endpoint', other.url))
    await other.close()
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('was taken back'),
    })
    await expectAsBefore(before)
  })

  test('where the issuer does not come to know it', async () => {
    const before = await sha1At(file('pem'))
    await at().admin('PATCH', '/settings', { propagationDelayMs: 60_000 })
    const { exitCode } = await at().cli(rotate('--wait', '0'))
    await at().admin('PATCH', '/settings', { propagationDelayMs: 0 })
    expect(exitCode).toBe(1)
    expect(await sha1At(file('pem'))).toBe(before)
    expect(await registered()).toEqual([before])
  })
})

describe('cert rotate goes on later', () => {
  test('where the API could not be reached', async () => {
    const old = await sha1At(file('pem'))
    const away = rotate('--api-endpoint', 'http://localhost:1/api/todolist', '--json')
    const { error } = JSON.parse((await at().cli(away)).stderr)
    expect(error).toMatchObject({ code: 'api-unreachable', exitCode: 6 })
    expect(error.hint).toMatch(/what works now goes on working, and the next run/)
    expect(await sha1At(file('pem'))).toBe(old)
    expect(await signsIn()).toBe(0)
    expect(await at().json(rotate('--if-needed', '1s'))).toMatchObject({ did: 'rotated' })
    expect(await registered()).toEqual([old, await sha1At(file('pem'))])
  })

  test.each(['/applications', '/token'])('where %s is busy', async (pathContains) => {
    const service = pathContains === '/token' ? 'issuer' : 'graph'
    await at().admin('POST', '/faults', { service, pathContains, answer: 503, times: 50 })
    // 6, or 4 where it is the caller of Graph that gets no token.
    expect([4, 6]).toContain((await at().cli(rotate())).exitCode)
    await at().admin('DELETE', '/faults')
    expect(await signsIn()).toBe(0)
    expect(await at().json(rotate())).toMatchObject({ did: 'rotated' })
    expect(await registered()).toHaveLength(2)
  })
})

describe('cert rotate refuses', () => {
  test('where another run is at it', async () => {
    await at().json(rotate('--if-needed', '1s'))
    const lock = await tryLock(join(at().env.TODO_CLI_HOME ?? '', 'journals', 'registrations.lock'))
    const { exitCode, stderr } = await at().cli(rotate())
    lock?.release()
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('another run'),
    })
    expect(await registered()).toHaveLength(1)
  })

  test('another certificate while one rotation is not finished', async () => {
    await at().json(rotate())
    const { exitCode, stderr } = await at().cli(rotate(join(at().folder, 'operator.pem')))
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--finish') })
  })

  test.each(['{', '{}', '[]', '{"step":"flying"}'])('a journal that is damaged: %s', async (text) => {
    await writeFile(journal(), text)
    const { exitCode, stderr } = await at().cli(rotate())
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('damaged') })
    expect(await registered()).toHaveLength(1)
  })

  test.each<[string, readonly string[], RegExp]>([
    ['standard input', ['-'], /standard input/],
    ['a file that is not there', ['nowhere.pem'], /nowhere\.pem/],
    ['an overlap that is no time', ['--overlap', 'long'], /--overlap is not a time/],
    ['an overlap in percent', ['--overlap', '50%'], /--overlap is not a time/],
    ['--if-needed without a time', ['--if-needed', ''], /--if-needed is not a time/],
    ['a wait that is none', ['--wait', 'x'], /--wait is not a time/],
  ])('%s', async (_, flags, message) => {
    const { exitCode, stderr } = await at().cli([...rotate(), ...flags])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(message) })
  })

  test('a certificate without its key', async () => {
    expect((await at().cli(rotate(file('crt')))).exitCode).toBe(2)
  })
})

describe('cert rotate of a certificate in the vault', () => {
  test('makes a version that nobody gets before it is registered, and disables the old one in the end', async () => {
    const vault = `in-vault-${count}`
    await at().json(['cert', 'create', vault, '--vault', at().tenant.vaultUrl])
    made = await create(`vault:${vault}`)
    const [old] = (await registered()).slice(-1)
    at().exchanges.length = 0
    const { did, thumbprint } = await at().json(rotate())
    expect(did).toBe('rotated')
    expect((await registered()).slice(-2)).toEqual([old, thumbprint])
    expect(await signsIn()).toBe(0)
    const created = at().exchanges.findIndex(({ path }) => path.endsWith('/create'))
    const patched = at().exchanges.findIndex(
      ({ service, method }) => service === 'graph' && method === 'PATCH',
    )
    const enabled = at().exchanges.findIndex(
      ({ service, method }) => service === 'vault' && method === 'PATCH',
    )
    expect([created < patched, patched < enabled]).toEqual([true, true])
    await at().json(rotate('--finish'))
    expect(await registered()).not.toContain(old)
    expect(await signsIn()).toBe(0)
  })

  test('with --days makes one that lives whole months, no longer than that', async () => {
    const vault = `months-${count}`
    await at().json(['cert', 'create', vault, '--vault', at().tenant.vaultUrl])
    made = await create(`vault:${vault}`)
    const { notAfter } = await at().json(rotate('--days', '100'))
    const days = (Date.parse(notAfter) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(80)
    expect(days).toBeLessThan(100)
  })

  test('with --proof the present version signs for the next one, and nobody asks Graph for rights', async () => {
    const vault = `by-proof-${count}`
    await at().json(['cert', 'create', vault, '--vault', at().tenant.vaultUrl])
    made = await create(`vault:${vault}`)
    const others = (await registered()).slice(0, -1)
    at().permit()
    at().exchanges.length = 0
    const { thumbprint } = await at().json(rotate('--proof', '--overlap', '0d'))
    expect(at().writes()).toEqual([
      'POST /v1.0/applications/ID/addKey',
      'POST /v1.0/applications/ID/removeKey',
    ])
    expect(await registered()).toEqual([...others, thumbprint])
    expect(await signsIn()).toBe(0)
  })
})
