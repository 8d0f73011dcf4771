/** docs/output.md says what `--json` gives; here the program is asked, one command after the other as they stand there. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, type CliResult, spawnCli } from '../support/cli.ts'
import { PEOPLES_COMMANDS } from '../support/commands.ts'
import { parseShape } from '../support/json-shape.ts'

const cwd = mkdtempSync(join(tmpdir(), 'output-'))
const env = { TODO_CLI_HOME: join(cwd, 'home'), HOME: cwd }
const page = readFileSync(join(import.meta.dirname, '../../docs/output.md'), 'utf8')
const matches = (pattern: RegExp) =>
  [...page.matchAll(pattern)].map(([, name = '', shape = '']) => [name, shape] as const)
const NAMED = Object.fromEntries(matches(/^- `(\w+)` is `(.+)`$/gm))
const DOCUMENTED = matches(/^\| `([a-z][^`]*)` \| `([^`]+)` \|$/gm)
const results = new Map<string, CliResult>()

beforeAll(async () => {
  mkdirSync(join(cwd, 'bin'))
  symlinkSync(BIN, join(cwd, 'bin/todo-cli'))
  symlinkSync(process.execPath, join(cwd, 'bin/node'))
  symlinkSync(join(import.meta.dirname, '../support/programs/enter-code.ts'), join(cwd, 'bin/enter-code'))
  const { exitCode, stderr } = await spawnCli(['local', 'start'], { env })
  expect(exitCode, stderr).toBe(0)
  const { vaultUrl } = JSON.parse((await run('local status')).stdout) as { vaultUrl: string }
  const known: Record<string, string> = { URL: vaultUrl }
  for (const [command] of DOCUMENTED) {
    const words = command.replace(/\b(ID|KEY_ID|URL)\b/g, (name) => known[name] ?? name)
    const result = await (command === 'login' ? login() : run(words))
    results.set(command, result)
    if (command.startsWith('todos add')) known.ID = JSON.parse(result.stdout).id
    // That of certs/daemon.crt, which was registered last.
    if (command === 'app credential list') known.KEY_ID = JSON.parse(result.stdout).at(-1).keyId
  }
}, 180_000)
afterAll(async () => {
  await spawnCli(['local', 'stop'], { env })
  rmSync(cwd, { recursive: true, force: true })
})

const run = (command: string) => spawnCli([...command.split(' '), '--json'], { env, cwd })

/** With somebody who enters the code; the line that says so stands before the value. */
async function login(): Promise<CliResult> {
  const path = `${join(cwd, 'bin')}:/usr/bin:/bin`
  const command = 'todo-cli login --json 2>&1 | enter-code'
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
    cwd,
    env: { ...env, PATH: path },
  })
  return { stdout: stdout.replace(/^To sign in.*\n/, ''), stderr: '', exitCode: 0 }
}

describe.skipIf(process.platform === 'win32')('--json', () => {
  it.each(DOCUMENTED)('of "todo-cli %s" is %s', (command, shape) => {
    const { stdout, stderr } = results.get(command) ?? { stdout: '', stderr: 'it did not run' }
    expect(stderr).toBe('')
    expect(stdout.split('\n')).toHaveLength(2)
    expect(parseShape(shape, NAMED)(JSON.parse(stdout), 'it')).toBeUndefined()
  })

  it.each(PEOPLES_COMMANDS)('is documented for "todo-cli %s"', (path) => {
    expect(page).toMatch(new RegExp(`\`${path}( [^\`]*)?\``))
  })
})

describe('a shape of the page', () => {
  const of = (shape: string, value: unknown) => parseShape(shape, { Named: '{a: text}' })(value, 'it')

  it.each([
    ['{a: text}', { a: '' }],
    ['{a?: text}', {}],
    ['[{a: number}]', [{ a: 1 }, { a: 2 }]],
    ['[]', []],
    ['"x" or null', null],
    ['Named', { a: 'b' }],
    ['{a: date}', { a: '2026-11-25T00:00:00.000Z' }],
  ])('%s fits %j', (shape, value) => expect(of(shape, value)).toBeUndefined())

  it.each([
    ['{a: text}', { a: 1 }],
    ['{a: text}', {}],
    ['{a: text}', { a: '', b: '' }],
    ['{a: boolean}', { a: 'yes' }],
    ['{a: number}', { a: '1' }],
    ['{a: date}', { a: '2026-11-25' }],
    ['{a: id}', { a: 'x' }],
    ['[text]', []],
    ['[text]', ['a', 1]],
    ['"x" or null', 'y'],
    ['Named', { a: null }],
  ])('%s does not fit %j', (shape, value) => expect(of(shape, value)).toMatch(/^it/))
})
