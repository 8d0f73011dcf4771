import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { boundedLog } from '../../../../cli/commands/local/log.ts'
import { expectError, runCli, temporaryHome } from '../../../support/cli.ts'

const { folder } = temporaryHome()
let home: string
let state: string
let file: number
let count = 0
beforeEach(() => {
  count += 1
  home = join(folder, `home ${count}`)
  state = join(home, 'local')
  mkdirSync(state, { recursive: true, mode: 0o700 })
  file = openSync(join(state, 'local.log'), 'a', 0o600)
})
afterEach(() => closeSync(file))

/** As the standard error of a process that was started with the file as such. */
const stream = { write: (text: string) => writeSync(file, text) }
const log = () => readFileSync(join(state, 'local.log'), 'utf8')
const older = () => readFileSync(join(state, 'local.log.1'), 'utf8')
const LINE = '{"n":1}\n'

describe('the log of a tenant in the background', () => {
  it('is one file as long as it is not full', () => {
    const write = boundedLog(stream, state, 3 * LINE.length)
    for (let n = 0; n < 3; n += 1) write({ n: 1 })
    expect(log()).toBe(LINE.repeat(3))
    expect(existsSync(join(state, 'local.log.1'))).toBe(false)
  })

  it('begins anew once it is full, and keeps what it had and nothing older', () => {
    const write = boundedLog(stream, state, 2 * LINE.length)
    for (let n = 1; n <= 7; n += 1) write({ n })
    expect([older(), log()]).toEqual(['{"n":4}\n{"n":5}\n{"n":6}\n', '{"n":7}\n'])
  })

  it('counts what an earlier run wrote', () => {
    writeSync(file, LINE.repeat(5))
    boundedLog(stream, state, 2 * LINE.length)({ n: 2 })
    expect([older(), log()]).toEqual([LINE.repeat(5), '{"n":2}\n'])
  })

  it('counts bytes, not characters', () => {
    const write = boundedLog(stream, state, 12)
    write({ n: 'ééé' })
    write({ n: 1 })
    expect([older(), log()]).toEqual(['{"n":"ééé"}\n', LINE])
  })

  it('is cut where what it had can not be kept', () => {
    mkdirSync(join(state, 'local.log.1'))
    const write = boundedLog(stream, state, 4)
    write({ n: 1 })
    write({ n: 2 })
    expect(log()).toBe('{"n":2}\n')
  })

  it('fails nobody where its file has gone', () => {
    const write = boundedLog(stream, state, 4)
    rmSync(join(state, 'local.log'))
    write({ n: 1 })
    write({ n: 2 })
    expect(existsSync(join(state, 'local.log.1'))).toBe(false)
  })
})

describe('local logs', () => {
  const logs = () => runCli(['local', 'logs'], { env: { TODO_CLI_HOME: home } })

  it('shows the older log first', async () => {
    writeFileSync(join(state, 'local.log.1'), LINE)
    writeSync(file, '{"n":2}\n')
    expect(await logs()).toEqual({ exitCode: 0, stdout: `${LINE}{"n":2}\n`, stderr: '' })
  })

  it('shows the log alone where nothing older can be read', async () => {
    mkdirSync(join(state, 'local.log.1'))
    writeSync(file, LINE)
    expect((await logs()).stdout).toBe(LINE)
  })

  it('says so where the log is gone, whatever older one is left', async () => {
    writeFileSync(join(state, 'local.log.1'), LINE)
    rmSync(join(state, 'local.log'))
    expectError(await logs(), 1, 'there is no log')
  })
})
