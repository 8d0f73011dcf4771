import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  assertProfileName,
  changeProfiles,
  pickProfile,
  readProfiles,
  writeProfiles,
} from '../../../cli/profiles.ts'
import { appError } from '../../support/app-error.ts'
import { temporaryHome } from '../../support/cli.ts'

const { folder } = temporaryHome()
let count = 0
function fresh(): string {
  count += 1
  return join(folder, String(count), 'profiles.json')
}

function written(text: string): string {
  const path = fresh()
  mkdirSync(dirname(path))
  writeFileSync(path, text)
  return path
}

describe('the profile file', () => {
  it('that is not there is an empty one', async () => {
    expect(await readProfiles(fresh())).toEqual({ profiles: {} })
  })

  it('gives back what was written', async () => {
    const path = fresh()
    const profiles = { current: 'work', profiles: { work: { auth: 'cert' } } }
    await writeProfiles(path, profiles)
    expect(await readProfiles(path)).toEqual(profiles)
  })

  it('is 0600 in a 0700 folder, and nothing is left beside it', async () => {
    const path = fresh()
    await writeProfiles(path, { profiles: {} })
    chmodSync(path, 0o644)
    await changeProfiles(path, (all) => ({ ...all, current: 'work' }))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
    expect(readdirSync(dirname(path))).toEqual(['profiles.json', 'profiles.json.lock'])
    expect(statSync(`${path}.lock`).mode & 0o777).toBe(0o600)
  })

  it('keeps every change where many are made at the same moment', async () => {
    const path = fresh()
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`)
    await Promise.all(
      names.map((name) =>
        changeProfiles(path, ({ profiles }) => ({ profiles: { ...profiles, [name]: { auth: 'cert' } } })),
      ),
    )
    expect(Object.keys((await readProfiles(path)).profiles).sort()).toEqual(names.sort())
  })

  it('is changed all the same where its lock is damaged', async () => {
    const path = written('{"profiles": {}}')
    writeFileSync(`${path}.lock`, 'no database'.repeat(100))
    await changeProfiles(path, (all) => ({ ...all, current: 'work' }))
    expect((await readProfiles(path)).current).toBe('work')
  })

  it('makes nothing where the change is refused', async () => {
    const path = fresh()
    const refused = new Error('no')
    await expect(
      changeProfiles(path, () => {
        throw refused
      }),
    ).rejects.toBe(refused)
    expect(() => statSync(dirname(path))).toThrow('ENOENT')
  })

  it.each([
    ['empty', ''],
    ['cut', '{"profiles": {"work":'],
    ['no object', '[]'],
    ['null', 'null'],
    ['without profiles', '{}'],
    ['with a profile that is a list', '{"profiles": {"work": []}}'],
    ['with a profile that is text', '{"profiles": {"work": "x"}}'],
    ['with a value that is a number', '{"profiles": {"work": {"timeout": 30}}}'],
    ['with a current profile that is no name', '{"current": 1, "profiles": {}}'],
  ])('that is %s is damaged, and stays as it was', async (_, text) => {
    const path = written(text)
    const error = await appError('profile-invalid', () => changeProfiles(path, (all) => all))
    expect(error.message).toBe(`the profiles in ${path} are damaged`)
    expect(error.hint).toContain(`rm ${path}`)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('that is a folder can not be read', async () => {
    await appError('profile-invalid', () => readProfiles(folder))
  })
})

describe('the profile of a run', () => {
  const profiles = { work: { auth: 'cert' }, home: {} }

  it.each([
    ['none', { profiles }, undefined, undefined],
    [
      'the current one',
      { current: 'work', profiles },
      undefined,
      { name: 'work', named: false, values: profiles.work },
    ],
    [
      'the one that is named',
      { current: 'work', profiles },
      'home',
      { name: 'home', named: true, values: {} },
    ],
  ])('is %s', (_, file, named, picked) => {
    expect(pickProfile(file, named)).toEqual(picked)
  })

  it.each([
    ['nobody', /known profiles: work, home/],
    ['local', /todo-cli local start/],
    ['__proto__', /known profiles/],
    ['constructor', /known profiles/],
  ])('is not "%s", which is not there', async (name, hint) => {
    expect((await appError('profile-unknown', () => pickProfile({ profiles }, name))).hint).toMatch(hint)
  })

  it('is made by the next command where there is none at all', async () => {
    const { hint } = await appError('profile-unknown', () => pickProfile({ profiles: {} }, 'new'))
    expect(hint).toBe('make it: todo-cli config set clientId ID --profile new')
  })

  it('is missed where the current one was taken out by hand', async () => {
    await appError('profile-unknown', () => pickProfile({ current: 'gone', profiles }, undefined))
  })
})

describe('the name of a profile', () => {
  it.each(['work', 'a', 'A.b_c-1', 'x'.repeat(64)])('can be %s', (name) => {
    expect(() => assertProfileName(name)).not.toThrow()
  })

  it.each([
    '',
    ' ',
    '.hidden',
    '-x',
    '../etc',
    'a/b',
    'a b',
    'a\nb',
    '__proto__',
    'constructor',
    'prototype',
    'x'.repeat(65),
  ])('can not be %j', async (name) => {
    await appError('profile-invalid', () => assertProfileName(name))
  })
})
