import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { awaitStarting, isFree, lockState } from '../../../../cli/commands/local/state.ts'
import { createContext } from '../../../../cli/context.ts'
import { type ProcessLock, tryLock } from '../../../../cli/process-lock.ts'
import { appError } from '../../../support/app-error.ts'
import { expectError, runCli, temporaryHome } from '../../../support/cli.ts'

const { folder } = temporaryHome()
let env: { TODO_CLI_HOME: string }
let state: string
let count = 0
beforeEach(() => {
  count += 1
  env = { TODO_CLI_HOME: join(folder, `home ${count}`) }
  state = join(env.TODO_CLI_HOME, 'local')
  mkdirSync(state, { recursive: true, mode: 0o700 })
})

const sink = { write: () => true }
const contextOf = (signal = new AbortController().signal) =>
  createContext({
    io: { stdin: Readable.from([]), stdout: sink, stderr: sink, signal },
    env,
    flags: {},
    program: { execPath: process.execPath, entry: '', pid: process.pid },
  })

async function held(): Promise<ProcessLock> {
  const lock = await tryLock(join(state, 'lock.sqlite'))
  if (lock === undefined) throw new Error('the lock is taken')
  return lock
}

describe('the state of the local tenant', () => {
  it('is free where nobody ever had it, and nothing is made by the question', async () => {
    expect(await isFree(state)).toBe(true)
    expect(readdirSync(state)).toEqual([])
  })

  it('is not free while somebody has it, and is free again afterwards', async () => {
    const lock = await held()
    expect(await isFree(state)).toBe(false)
    lock.release()
    expect(await isFree(state)).toBe(true)
  })

  it('is free, and can be taken, where another process only asked whether it is', async () => {
    const take = async () => (await lockState(state)).release()
    for (const asked of [() => isFree(state), take]) {
      const lock = await held()
      setTimeout(() => lock.release(), 5)
      expect(await asked()).not.toBe(false)
    }
  })

  it('is free where its lock is damaged, which protects nobody', async () => {
    writeFileSync(join(state, 'lock.sqlite'), 'no database'.repeat(100))
    expect(await isFree(state)).toBe(true)
  })
})

describe('waiting for the tenant that another process starts', () => {
  it('ends where nobody starts one', async () => {
    expect(await awaitStarting(contextOf())).toBeUndefined()
  })

  it('ends where whoever started one has let go of the state', async () => {
    const lock = await held()
    const waiting = awaitStarting(contextOf())
    lock.release()
    expect(await waiting).toBeUndefined()
  })

  it('ends after a while with an error that says so', async () => {
    const lock = await held()
    const { message, hint } = await appError('local-state-in-use', () => awaitStarting(contextOf(), 120))
    lock.release()
    expect(message).toContain(state)
    expect(hint).toContain('todo-cli local logs')
  })

  it('ends with Ctrl-C', async () => {
    const lock = await held()
    const interrupt = new AbortController()
    const waiting = awaitStarting(contextOf(interrupt.signal))
    interrupt.abort()
    await expect(waiting).rejects.toThrow(/abort/)
    lock.release()
  })

  it('tells of a damaged record at once', async () => {
    const lock = await held()
    writeFileSync(join(state, 'running.json'), '{"pid":')
    await appError('local-state-invalid', () => awaitStarting(contextOf()))
    lock.release()
  })
})

describe('a record of a run', () => {
  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['without an address', '{"pid":1,"tenantId":"x","adminTokenFile":"x","caFile":"x"}'],
    ['without a tenant', '{"pid":1,"adminTokenFile":"x","adminUrl":"https://localhost:1","caFile":"x"}'],
    [
      'with a process id that is no number',
      '{"pid":"1","tenantId":"x","caFile":"x","adminTokenFile":"x","adminUrl":"https://localhost:1"}',
    ],
  ])('that is damaged (%s) is told, and "local reset" removes it', async (_, content) => {
    writeFileSync(join(state, 'running.json'), content)
    for (const verb of ['status', 'stop', 'env']) {
      const result = await runCli(['local', verb], { env })
      expectError(result, 1, /running\.json is damaged\nhint: begin anew: todo-cli local reset\n$/)
    }
    expect(await runCli(['local', 'reset'], { env })).toMatchObject({ exitCode: 0 })
    expectError(await runCli(['local', 'status'], { env }), 1, /does not run/)
  })

  it.each(['https://localhost:1', 'nonsense', 'file:///etc'])(
    'with the admin address %s is of no tenant that runs',
    async (adminUrl) => {
      const files = { adminTokenFile: join(state, 'token'), caFile: join(state, 'ca.pem') }
      writeFileSync(files.adminTokenFile, 'token')
      writeFileSync(files.caFile, '')
      const record = { pid: 1, tenantId: 'x', adminUrl, stateDir: state, ...files }
      writeFileSync(join(state, 'running.json'), JSON.stringify(record))
      expectError(await runCli(['local', 'status'], { env }), 1, /does not run/)
      expect(await runCli(['local', 'stop'], { env })).toMatchObject({ exitCode: 0 })
      expect(readdirSync(state)).not.toContain('running.json')
    },
  )

  it('does not stand in the way of "local reset" where it is a folder', async () => {
    mkdirSync(join(state, 'running.json'))
    expect(await runCli(['local', 'reset'], { env })).toMatchObject({ exitCode: 0 })
  })
})
