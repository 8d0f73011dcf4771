/** What killed processes left of a file, and what only looks like it. */
import { spawnSync } from 'node:child_process'
import { chown, link, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sweepLeftovers, temporaryBeside } from '../../../core/leftovers.ts'
import { createFiles, removeFile, replaceFile } from '../../../core/private-file.ts'

let home: string
let gone: number
beforeAll(() => {
  gone = spawnSync(process.execPath, ['--version']).pid
})
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'leftovers-'))
})
afterEach(() => rm(home, { recursive: true }))

const at = (name: string) => join(home, name)
const names = async () => (await readdir(home)).sort()
const LATER = 660_000

/** A leftover of `name`, as the process `pid` of this machine would have left it. */
async function leftover(name: string, pid = gone, change = (each: string) => each): Promise<string> {
  const path = temporaryBeside(at(name)).replace(`.${process.pid}.`, `.${pid}.`)
  const changed = join(dirname(path), change(basename(path)))
  await writeFile(changed, 'key')
  return basename(changed)
}

describe('what a killed process left of a file', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['written over', () => replaceFile({ path: at('daemon.pem'), data: 'new' })],
    ['made', () => createFiles([{ path: at('daemon.pem'), data: 'new' }])],
    ['made anew', () => createFiles([{ path: at('daemon.pem'), data: 'new' }], { force: true })],
    ['removed', () => removeFile(at('daemon.pem'))],
  ])('goes when the file is %s', async (_, action) => {
    await leftover('daemon.pem')
    await leftover('daemon.pem')
    await action()
    expect((await names()).filter((name) => name !== 'daemon.pem')).toEqual([])
  })

  it('stays where the file could not be written', async () => {
    const left = await leftover('daemon.pem')
    await writeFile(at('daemon.pem'), 'old')
    await expect(createFiles([{ path: at('daemon.pem'), data: 'new' }])).rejects.toThrow('exists already')
    expect(await names()).toEqual([left, 'daemon.pem'])
  })

  it('goes whatever its name has that means something in a pattern', async () => {
    await leftover('a+(b).pem')
    await sweepLeftovers([at('a+(b).pem')])
    expect(await names()).toEqual([])
  })

  it('is no reason to fail where the folder is not there, or is a file', async () => {
    await writeFile(at('file'), '')
    await sweepLeftovers([join(home, 'none', 'a'), join(home, 'file', 'a')])
  })

  it('goes when it is old, whoever left it, and a second name of an old file is new all the same', async () => {
    const elsewhere = await leftover('a', gone, (name) => name.replace(/^\.a\.\w+/, '.a.00000000'))
    await writeFile(at('kept'), 'key')
    const aside = basename(temporaryBeside(at('a')))
    await link(at('kept'), at(aside))
    await sweepLeftovers([at('a')])
    expect(await names()).toEqual([elsewhere, aside, 'kept'].sort())
    await sweepLeftovers([at('a')], Date.now() + LATER)
    expect(await names()).toEqual(['kept'])
  })
})

describe('a file stays that', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['is written by a process that runs', () => leftover('a', process.pid)],
    ['is left of another file', () => leftover('b')],
    ['is left of a file whose name begins alike', () => leftover('a.b')],
    [
      'is left by another machine',
      () => leftover('a', gone, (name) => name.replace(/^\.a\.\w+/, '.a.00000000')),
    ],
    ['has no process in its name', () => leftover('a', gone, (name) => name.replace(`.${gone}.`, '.'))],
    ['has a process in its name that none can be', () => leftover('a', 9_999_999_999)],
    ['has a longer ending', () => leftover('a', gone, (name) => `${name}.old`)],
    ['has a shorter random part', () => leftover('a', gone, (name) => name.replace(/.\.tmp$/, '.tmp'))],
    ['has a name that all can see', () => leftover('a', gone, (name) => name.slice(1))],
  ])('%s', async (_, make) => {
    await make()
    const before = await names()
    await sweepLeftovers([at('a')])
    expect(await names()).toEqual(before)
    expect(before).toHaveLength(1)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['is left of another file', () => leftover('b')],
    ['is left of a file whose name begins alike', () => leftover('a.b')],
    ['has no process in its name', () => leftover('a', gone, (name) => name.replace(`.${gone}.`, '.'))],
    ['has a longer ending', () => leftover('a', gone, (name) => `${name}.old`)],
    ['is of the user, and begins alike', () => writeFile(at('.a.tmp'), '')],
  ])('%s, however old', async (_, make) => {
    await make()
    const before = await names()
    await sweepLeftovers([at('a')], Date.now() + LATER)
    expect(await names()).toEqual(before)
    expect(before).toHaveLength(1)
  })

  it('is left of a file of that name in another folder', async () => {
    await mkdir(at('x'))
    const left = await leftover('a')
    await sweepLeftovers([join(home, 'x', 'a'), at('b')])
    expect(await names()).toEqual([left, 'x'])
  })

  it.runIf(process.getuid?.() === 0)('belongs to another user, however old', async () => {
    const left = await leftover('a')
    await chown(at(left), 65_534, 65_534)
    await sweepLeftovers([at('a')], Date.now() + LATER)
    expect(await names()).toEqual([left])
  })

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['is a folder', (path) => mkdir(path)],
    ['is a link', (path) => symlink(at('elsewhere'), path)],
  ])('%s, however old', async (_, make) => {
    const path = temporaryBeside(at('a')).replace(`.${process.pid}.`, `.${gone}.`)
    await make(path)
    await sweepLeftovers([at('a')], Date.now() + LATER)
    expect(await names()).toEqual([basename(path)])
  })
})
