/**
 * Killed (SIGKILL) before and after each step on the disk: files of one set only, each whole, and the key never wider than 0600.
 * The next run leaves no other file.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFiles } from '../../../core/private-file.ts'

const root = mkdtempSync(join(tmpdir(), 'kill-'))
afterAll(() => rmSync(root, { recursive: true }))

const KILL = join(import.meta.dirname, '../../support/kill-at.cjs')
const MODULE = join(import.meta.dirname, '../../../core/private-file.ts')
const NAMES = ['daemon.pem', 'daemon.crt', 'daemon.pfx']

/** Long enough to be cut in the middle. */
const content = (name: string, age: 'old' | 'new') => `${name} ${age}\n`.repeat(2000)

const filesOf = (folder: string) =>
  NAMES.map((name) => ({
    path: join(folder, name),
    data: content(name, 'new'),
    ...(name.endsWith('.crt') ? { mode: 0o644 } : {}),
  }))

/** Writes the three files in a process of its own. Returns whether it was killed. */
function write(folder: string, force: boolean, env: Record<string, string>): Promise<boolean> {
  const files = filesOf(folder)
  const code = `process.umask(0); import(${JSON.stringify(MODULE)}).then(({ createFiles }) =>
    createFiles(${JSON.stringify(files)}, { force: ${force} }))`
  const child = spawn(process.execPath, ['--require', KILL, '--eval', code], { env, stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, signal) =>
      exitCode === 0 || signal === 'SIGKILL'
        ? resolve(signal === 'SIGKILL')
        : reject(new Error(`exit ${exitCode}`)),
    )
  })
}

/** A folder with the files of an older set, wider than they should be. */
function folderWith(names: readonly string[], label: string): string {
  const folder = join(root, label)
  mkdirSync(folder)
  for (const name of names) {
    writeFileSync(join(folder, name), content(name, 'old'))
    chmodSync(join(folder, name), 0o666)
  }
  return folder
}

const leftovers = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.tmp'))
const present = (folder: string) => readdirSync(folder).filter((name) => NAMES.includes(name))

/** What must hold whenever the process ended. Returns the age of the set that is there. */
function checked(folder: string): string {
  const ages = present(folder).map((name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    const age = text === content(name, 'new') ? 'new' : text === content(name, 'old') ? 'old' : 'torn'
    const isPublic = name.endsWith('.crt')
    const mode = statSync(join(folder, name)).mode & 0o777
    if (age === 'new') expect(mode, name).toBe(isPublic ? 0o644 : 0o600)
    return age
  })
  // What has another name for the moment, and stays after a kill, is nobody else's to read either.
  for (const name of leftovers(folder).filter((each) => !each.startsWith('.daemon.crt'))) {
    const isOld = readFileSync(join(folder, name), 'utf8').includes('old')
    if (!isOld) expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0)
  }
  expect([...new Set(ages)].length, ages.join(' ')).toBeLessThan(2)
  return ages[0] ?? 'none'
}

describe.skipIf(process.platform === 'win32')('createFiles, killed at any step,', () => {
  it.each<[string, boolean, readonly string[]]>([
    ['where there is nothing', false, []],
    ['where a whole older set is', true, NAMES],
  ])('%s leaves files of one set, each whole', async (label, force, before) => {
    const log = join(root, `${label}.log`)
    const all = folderWith(before, label)
    expect(await write(all, force, { KILL_AT: '0', KILL_LOG: log })).toBe(false)
    expect([checked(all), present(all)]).toEqual(['new', NAMES.toSorted()])
    const steps = readFileSync(log, 'utf8').trim().split('\n').length
    expect(steps).toBeGreaterThan(5)

    const runs = Array.from({ length: steps }, (_, index) => index + 1)
    const seen = await Promise.all(
      runs.map(async (at) => {
        const folder = folderWith(before, `${label} ${at}`)
        expect(await write(folder, force, { KILL_AT: String(at), KILL_WHEN: 'after' })).toBe(true)
        const age = checked(folder)
        // The first file has key and certificate: it is never away where it was there before.
        if (before.includes('daemon.pem')) expect(present(folder)).toContain('daemon.pem')
        const left = leftovers(folder).length
        await createFiles(filesOf(folder), { force: true })
        expect(readdirSync(folder).toSorted()).toEqual(NAMES.toSorted())
        return { age, left }
      }),
    )
    expect(seen.map(({ age }) => age)).toContain('new')
    expect(seen.some(({ left }) => left > 0)).toBe(true)
  })
})
