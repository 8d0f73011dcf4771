import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TokenCache, type TokenKey } from '../../../../cli/auth/token-cache.ts'
import { appError } from '../../../support/app-error.ts'
import { temporaryHome } from '../../../support/cli.ts'

const { folder: root } = temporaryHome()
let count = 0

const KEY: TokenKey = {
  authority: 'https://login.microsoftonline.com/contoso',
  clientId: 'client',
  scope: 'api://x/.default',
  credential: 'secret:1',
  account: '',
  trust: 'trust',
}
const NOW = new Date('2026-01-01T00:00:00Z')
const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
const TOKEN = { token: 'eyJ.eyJ.c2ln', expiresAt: inMinutes(60) }

function cache() {
  count += 1
  const folder = join(root, String(count))
  const warnings: string[] = []
  const made = new TokenCache(folder, (line) => warnings.push(line))
  const file = () => join(folder, readdirSync(folder).find((name) => name.endsWith('.json')) ?? 'none')
  return { made, folder, warnings, file }
}

async function filled() {
  const all = cache()
  await all.made.set(KEY, TOKEN)
  return all
}

describe('a token', () => {
  it('is kept, for this process and the next', async () => {
    const { made, folder } = await filled()
    expect(await made.get(KEY, NOW)).toEqual(TOKEN)
    expect(await new TokenCache(folder, () => {}).get(KEY, NOW)).toEqual(TOKEN)
  })

  it('is in a 0600 file of a 0700 folder, and nothing is left beside it', async () => {
    const { folder, file } = await filled()
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('is not where none was kept', async () => {
    const { made, warnings } = cache()
    expect(await made.get(KEY, NOW)).toBeUndefined()
    expect(warnings).toEqual([])
  })

  it.each([
    ['authority', 'https://localhost:8443/contoso'],
    ['authority', 'https://login.microsoftonline.com/fabrikam'],
    ['clientId', 'other'],
    ['scope', 'api://y/.default'],
    ['credential', 'cert:1'],
    ['account', 'user'],
    ['trust', 'through a proxy'],
  ])('is not that of another %s: %s', async (part, value) => {
    const { made } = await filled()
    expect(await made.get({ ...KEY, [part]: value }, NOW)).toBeUndefined()
    expect(await made.get(KEY, NOW)).toEqual(TOKEN)
  })

  it('is told apart where the parts run into each other', async () => {
    const { made } = await filled()
    expect(await made.get({ ...KEY, clientId: 'clien', scope: 'tapi://x/.default' }, NOW)).toBeUndefined()
  })

  it.each([
    [59, false],
    [54, true],
    [61, false],
    [0, true],
  ])('after %i of its 60 minutes is used: %s', async (minutes, used) => {
    const { made, warnings } = await filled()
    expect((await made.get(KEY, inMinutes(minutes))) !== undefined).toBe(used)
    expect(warnings).toEqual([])
  })

  it('is replaced by the next', async () => {
    const { made, folder } = await filled()
    await made.set(KEY, { ...TOKEN, token: 'eyJ.eyJ.bmV3' })
    expect((await made.get(KEY, NOW))?.token).toBe('eyJ.eyJ.bmV3')
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(1)
  })

  it('can be removed, and removed again', async () => {
    const { made } = await filled()
    await made.remove(KEY)
    await made.remove(KEY)
    expect(await made.get(KEY, NOW)).toBeUndefined()
  })

  it('is whole, whoever writes at the same time', async () => {
    const { made } = cache()
    const tokens = Array.from({ length: 20 }, (_, index) => `eyJ.eyJ.${'x'.repeat(2000)}${index}`)
    await Promise.all(tokens.map((token) => made.set(KEY, { ...TOKEN, token })))
    expect(tokens).toContain((await made.get(KEY, NOW))?.token)
  })
})

describe('the certificate that a token was got with', () => {
  const used = { origin: 'certs/daemon.pem', notAfter: inMinutes(24 * 60) }

  it('is kept beside the token, without what signs', async () => {
    const { made, file } = cache()
    const signing = { ...used, keyId: 'of the vault', sign: () => 'signed' }
    await made.set(KEY, { ...TOKEN, certificate: signing })
    expect(await made.get(KEY, NOW)).toEqual({ ...TOKEN, certificate: used })
    expect(readFileSync(file(), 'utf8')).not.toContain('keyId')
  })

  it.each([
    null,
    'certs/daemon.pem',
    { origin: used.origin },
    { origin: used.origin, notAfter: 'soon' },
    { origin: used.origin, notAfter: used.notAfter.getTime() },
    { origin: 7, notAfter: used.notAfter },
    { notAfter: used.notAfter },
  ])('is not known where the file says %j, and the token is good all the same', async (certificate) => {
    const { made, warnings, file } = await filled()
    writeFileSync(file(), JSON.stringify({ version: 1, ...TOKEN, certificate }))
    const entry = await made.get(KEY, NOW)
    expect({ entry, warnings }).toEqual({ entry: { ...TOKEN, certificate: undefined }, warnings: [] })
  })
})

describe('a file', () => {
  const valid = JSON.stringify({ version: 1, expiresAt: TOKEN.expiresAt.toISOString(), token: TOKEN.token })

  it.each([
    ['empty', ''],
    ['cut', valid.slice(0, -5)],
    ['no object', 'null'],
    ['of another version', valid.replace('1', '2')],
    ['without a token', JSON.stringify({ version: 1, expiresAt: TOKEN.expiresAt })],
    ['with a token that would break a header', valid.replace('.c2ln', '.c2ln\\r\\nx: y')],
    ['with a date that is none', valid.replace(TOKEN.expiresAt.toISOString(), 'soon')],
    ['with a date that is a number', valid.replace(`"${TOKEN.expiresAt.toISOString()}"`, '99999999999999')],
  ])('that is %s is dropped with a word, and nothing of it is shown', async (_, text) => {
    const { made, warnings, file } = await filled()
    const path = file()
    writeFileSync(path, text)
    expect(await made.get(KEY, NOW)).toBeUndefined()
    expect(warnings).toEqual(['a cached token was damaged, so a new one is asked for'])
    expect(existsSync(path)).toBe(false)
  })

  it.each([0o644, 0o640, 0o620, 0o604, 0o666])(
    'that others may read or write (%o) is dropped with a word',
    async (mode) => {
      const { made, warnings, file } = await filled()
      const path = file()
      chmodSync(path, mode)
      expect(await made.get(KEY, NOW)).toBeUndefined()
      expect(warnings).toEqual(['a cached token could be read by other users, so a new one is asked for'])
      expect(existsSync(path)).toBe(false)
    },
  )

  it('that is a link is dropped, and what it points to stays', async () => {
    const { made, file, folder } = await filled()
    const path = file()
    const target = join(folder, 'target')
    writeFileSync(target, readFileSync(path), { mode: 0o600 })
    await made.remove(KEY)
    symlinkSync(target, path)
    expect(await made.get(KEY, NOW)).toBeUndefined()
    expect(existsSync(target)).toBe(true)
  })

  it('that is a folder is no reason to fail', async () => {
    const { made, warnings, file } = await filled()
    const path = file()
    await made.remove(KEY)
    mkdirSync(path, { mode: 0o700 })
    expect(await made.get(KEY, NOW)).toBeUndefined()
    expect(warnings).toHaveLength(1)
  })

  it('that can not be written is a warning: the token is good all the same', async () => {
    const { made, folder, warnings } = cache()
    writeFileSync(folder, '')
    await made.set(KEY, TOKEN)
    expect(warnings).toEqual([expect.stringMatching(/^the token can not be kept: can not write /)])
    expect(warnings.join()).not.toContain(TOKEN.token)
  })
})

describe('clear', () => {
  it('removes every token and every half-written file, and counts the tokens', async () => {
    const { made, folder } = await filled()
    await made.set({ ...KEY, clientId: 'other' }, TOKEN)
    writeFileSync(join(folder, '.x.json.abc.tmp'), '')
    expect(await made.clear()).toBe(2)
    expect(readdirSync(folder).filter((name) => /json|tmp/.test(name))).toEqual([])
  })

  it('has nothing to do where there is no folder', async () => {
    expect(await cache().made.clear()).toBe(0)
  })

  it('says so where the folder is none', async () => {
    const { made, folder } = cache()
    writeFileSync(folder, '')
    await appError('file-unreadable', () => made.clear())
  })
})
