import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ProcessLock, tryLock } from '../../../cli/process-lock.ts'
import { ROOT } from '../../support/child.ts'
import { temporaryHome } from '../../support/cli.ts'

const { folder } = temporaryHome()
let path: string
let count = 0
beforeEach(() => {
  count += 1
  path = join(folder, `lock ${count}`)
})

async function held(): Promise<ProcessLock> {
  const lock = await tryLock(path)
  if (lock === undefined) throw new Error('the lock is taken')
  return lock
}

/** Another process that tries to take the lock, says whether it has it, and keeps it until its standard input ends. */
function another(umask = 0o022) {
  const script = `import { tryLock } from ${JSON.stringify(join(ROOT, 'cli/process-lock.ts'))}
    process.umask(${umask})
    const lock = await tryLock(process.argv[1])
    console.log(lock === undefined ? 'refused' : 'has it')
    for await (const _ of process.stdin) {}`
  return spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

async function answerOfAnother(umask?: number): Promise<string> {
  const child = another(umask)
  child.stdin.end()
  return (await text(child.stdout)).trim()
}

describe('a lock between processes', () => {
  it('is had by one at a time, and by the next when it is released', async () => {
    const lock = await held()
    expect(await answerOfAnother()).toBe('refused')
    lock.release()
    expect(await answerOfAnother()).toBe('has it')
  })

  it('makes no file but its own, which is empty', async () => {
    const lock = await held()
    const beside = () => readdirSync(folder).filter((name) => name.startsWith(basename(path)))
    const during = beside()
    lock.release()
    expect([during, beside(), statSync(path).size]).toEqual([[basename(path)], [basename(path)], 0])
  })

  it('is refused within the process that has it, which keeps it all the same', async () => {
    const lock = await held()
    expect(await tryLock(path)).toBeUndefined()
    expect(await tryLock(path)).toBeUndefined()
    expect(await answerOfAnother()).toBe('refused')
    lock.release()
  })

  it('ends with the process that had it, however that ends', async () => {
    const child = another()
    await once(child.stdout, 'data')
    expect(await tryLock(path)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    ;(await held()).release()
  })

  it.each([0o000, 0o022, 0o077])('lies in a 0600 file, whatever the umask: %i', async (umask) => {
    expect(await answerOfAnother(umask)).toBe('has it')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('is an error where the file is no database', async () => {
    writeFileSync(path, 'no database'.repeat(100))
    await expect(tryLock(path)).rejects.toThrow('not a database')
  })

  it('is an error where the file can not be made', async () => {
    path = join(folder, 'nowhere', 'lock')
    await expect(tryLock(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is an error where a folder has its name', async () => {
    mkdirSync(path)
    await expect(tryLock(path)).rejects.toThrow()
  })
})
