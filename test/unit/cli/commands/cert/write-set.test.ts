/** Several that write the files of one certificate at the same moment. */
import { mkdirSync, promises, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeSet } from '../../../../../cli/commands/cert/write-set.ts'
import { homeOf } from '../../../../../cli/home.ts'
import { tryLock } from '../../../../../cli/process-lock.ts'
import type { NewFile } from '../../../../../core/private-file.ts'
import { temporaryHome } from '../../../../support/cli.ts'

const { folder, env } = temporaryHome()
const WRITERS = ['a', 'b', 'c', 'd']
const contextWith = (home: string, signal = new AbortController().signal) => ({
  home: homeOf({ TODO_CLI_HOME: home }),
  io: { signal } as Parameters<typeof writeSet>[0]['io'],
})

/** A new folder in which one set is there already. */
let count = 0
function keys(): string {
  count += 1
  const path = join(folder, `keys ${count}`)
  mkdirSync(path)
  return path
}

const setOf = (path: string, who: string): NewFile[] =>
  ['pem', 'crt', 'pfx'].map((ending) => ({ path: join(path, `daemon.${ending}`), data: who }))

/** A disk on which each name takes long enough for the others to come in between. */
function slowDisk(): void {
  for (const name of ['rename', 'link', 'unlink'] as const) {
    const real = promises[name].bind(promises) as (...args: unknown[]) => Promise<void>
    vi.spyOn(promises, name).mockImplementation(async (...args: unknown[]) => {
      await real(...args)
      // Longest after what makes a name that was not there: whoever replaces overtakes whoever makes.
      await wait(name === 'link' && !String(args.at(-1)).endsWith('.tmp') ? 30 : 5)
    })
  }
}
afterEach(() => vi.restoreAllMocks())

async function contents(path: string): Promise<string[]> {
  const names = readdirSync(path).toSorted()
  expect(names).toEqual(['daemon.crt', 'daemon.pem', 'daemon.pfx'])
  return Promise.all(names.map((name) => promises.readFile(join(path, name), 'utf8')))
}

describe('the files of one certificate, written by several at once,', () => {
  it('are all of one of them where each replaces what is there', async () => {
    const path = keys()
    const context = contextWith(env.TODO_CLI_HOME)
    await writeSet(context, setOf(path, 'old'), false)
    slowDisk()
    await Promise.all(WRITERS.map((who) => writeSet(context, setOf(path, who), true)))
    const [first, ...others] = await contents(path)
    expect(WRITERS).toContain(first)
    expect(others).toEqual([first, first])
  })

  it('are those of one that replaces, whoever may not and takes its own back meanwhile', async () => {
    const path = keys()
    const context = contextWith(env.TODO_CLI_HOME)
    slowDisk()
    const done = await Promise.allSettled(
      WRITERS.map((who) => writeSet(context, setOf(path, who), who === 'b')),
    )
    expect(done[1]?.status).toBe('fulfilled')
    expect(await contents(path)).toEqual(['b', 'b', 'b'])
  })
})

describe('the lock of a set', () => {
  it('is free again where the files could not be written', async () => {
    const path = keys()
    const context = contextWith(env.TODO_CLI_HOME)
    await writeSet(context, setOf(path, 'a'), false)
    await expect(writeSet(context, setOf(path, 'b'), false)).rejects.toMatchObject({ code: 'output-exists' })
    const lock = await tryLock(join(context.home.journals, 'certificates.lock'))
    expect(lock).toBeDefined()
    lock?.release()
    await writeSet(context, setOf(path, 'c'), true)
    expect(await contents(path)).toEqual(['c', 'c', 'c'])
  })

  it('is done without where there can be no folder for it', async () => {
    const path = keys()
    writeFileSync(join(folder, 'file'), '')
    await writeSet(contextWith(join(folder, 'file')), setOf(path, 'a'), false)
    expect(await contents(path)).toEqual(['a', 'a', 'a'])
  })

  it('is not waited for after Ctrl-C, and nothing is written', async () => {
    const path = keys()
    const interrupt = new AbortController()
    const context = contextWith(env.TODO_CLI_HOME, interrupt.signal)
    const held = await tryLock(join(context.home.journals, 'certificates.lock'))
    expect(held).toBeDefined()
    const writing = writeSet(context, setOf(path, 'a'), false)
    interrupt.abort()
    await expect(writing).rejects.toThrow()
    held?.release()
    expect(readdirSync(path)).toEqual([])
  })
})
