/**
 * What a person sees: the main commands on a pseudo-terminal of 60, 80 and 120 columns, with colour and without. The
 * transcripts lie in test/terminal/; after a change that is meant, `npx vitest run test/program/terminal.test.ts -u`.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { displayWidth } from '../../cli/table.ts'
import { BIN, searched, spawnCli } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const root = mkdtempSync(join(tmpdir(), 'terminal-'))
const home = { TODO_CLI_HOME: join(root, 'home'), HOME: root }

beforeAll(async () => {
  mkdirSync(join(root, 'bin'))
  symlinkSync(BIN, join(root, 'bin/todo-cli'))
  symlinkSync(process.execPath, join(root, 'bin/node'))
  const { exitCode, stderr } = await spawnCli(['local', 'start'], { env: home })
  expect(exitCode, stderr).toBe(0)
  const text = '水 for the 🪴 and everything else that is on the balcony, twice a week in summer'
  await spawnCli(['todos', 'add', text], { env: home })
})
afterAll(async () => {
  await spawnCli(['local', 'stop'], { env: home })
  rmSync(root, { recursive: true, force: true })
})

const COMMANDS = [
  'todo-cli todos list',
  'todo-cli todos list --quiet --done',
  'todo-cli token show',
  'todo-cli token show --profile local-without-role',
  'todo-cli cert create daemon',
  'todo-cli cert list',
  'todo-cli cert thumbprint certs/daemon.pem',
  'todo-cli cert thumbprint certs/daemon.pem --json',
  'todo-cli config profiles',
  'todo-cli explain AADSTS700027',
  'todo-cli whoami',
  'todo-cli todos show nothing',
  'todo-cli todos lsit',
  'todo-cli todos remove nothing < /dev/null',
] as const

/** Tables, which give way to a narrow terminal. */
const TABLES = ['todo-cli todos list', 'todo-cli cert list', 'todo-cli config profiles']

interface Shown {
  readonly command: string
  readonly output: string
}

async function show(name: string, columns: number, env: Record<string, string>): Promise<Shown[]> {
  const cwd = join(root, name)
  mkdirSync(cwd)
  const lines = COMMANDS.map((command) => `echo '$ ${command}'; ${command}; echo "[exit $?]"`)
  writeFileSync(join(cwd, 'script.sh'), lines.join('\n'))
  const path = `${join(root, 'bin')}:/usr/bin:/bin`
  const { output } = await onTerminal('sh script.sh', {
    cwd,
    columns,
    env: { ...home, PATH: path, LC_ALL: 'C.UTF-8', ...env },
  })
  searched({ stdout: output, stderr: '', exitCode: 0 })
  return output
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...rest] = part.split('\n')
      return { command, output: rest.join('\n') }
    })
}

/** What changes from run to run, each as long as it was, so that tables stay as they were. */
function masked(text: string): string {
  return text
    .replaceAll(root, 'x'.repeat(root.length))
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx')
    .replace(/\b[0-9a-f]{7}[0-9a-f-]*…/g, (cut) => `${'x'.repeat(cut.length - 1)}…`)
    .replace(/\b[0-9A-F]{40}([0-9A-F]{24})?\b|\b[0-9A-F]{6,39}…/g, (hex) => hex.replace(/[0-9A-F]/g, 'X'))
    .replace(/localhost:\d{5}/g, 'localhost:ppppp')
    .replace(/\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?/g, (date) => date.replace(/\d/g, '0'))
    .replace(
      /^(\S*(?:aio|rh|uti|xms_ftd|x5t|x5t#S256)\S*\s+"?)([\w.-]{22,})/gm,
      (_, name, value) => `${name}${'x'.repeat(value.length)}`,
    )
    .replace(/("x5t(?:#S256)?": ")[\w-]+/g, '$1x')
    .replace(/\((in|\d+) [^()]*\)/g, '(<relative>)')
    .replace(/\d+ (minutes?|seconds?) ago|just now/g, '<relative>')
    .replace(/^(lifetime +).*/gm, '$1<lifetime>')
    .replaceAll('\u001b', '␛')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences are what is looked for
const plain = (text: string) => text.replace(/\u001b\[[\d;]*m/g, '')

describe.runIf(hasTerminal).concurrent('on a terminal', () => {
  it.for([
    ['60 columns', 60, { NO_COLOR: '1' }],
    ['80 columns', 80, { NO_COLOR: '1' }],
    ['80 columns in colour', 80, {}],
    ['120 columns', 120, { NO_COLOR: '1' }],
  ] as const)(
    'of %s the main commands are as in their transcript',
    { timeout: 120_000 },
    async ([name, columns, env], { expect }) => {
      const shown = await show(name, columns, env)
      expect(shown.map(({ command }) => command)).toEqual(COMMANDS)
      for (const { command, output } of shown) {
        if (Object.hasOwn(env, 'NO_COLOR')) expect(output, command).not.toContain('\u001b')
        if (!TABLES.includes(command)) continue
        for (const line of plain(output).split('\n'))
          expect(displayWidth(line), line).toBeLessThanOrEqual(columns)
      }
      const transcript = shown.map(({ command, output }) => `$ ${command}\n${masked(output)}`).join('')
      await expect(transcript).toMatchFileSnapshot(
        join(import.meta.dirname, '../terminal', `${name.replaceAll(' ', '-')}.txt`),
      )
    },
  )
})
