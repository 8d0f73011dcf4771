/**
 * What a person sees: every command, good and bad, on pseudo-terminals of 80 and 120 columns, and the main ones on a narrow one
 * and in colour. The transcripts lie in test/terminal/; after a change that is meant,
 * `npx vitest run test/program/terminal.test.ts -u`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { displayWidth } from '../../cli/text-width.ts'
import { BIN, searched, spawnCli } from '../support/cli.ts'
import { PEOPLES_COMMANDS } from '../support/commands.ts'
import { visit } from '../support/device-page.ts'
import { hasTerminal, settled, startTerminal, type Terminal } from '../support/terminal.ts'
import { parseTranscript, type RanStep, renderTranscript } from '../support/transcript.ts'

const FOLDER = join(import.meta.dirname, '../terminal')
const TERMINALS = [
  ['80-columns', 80, { NO_COLOR: '1' }],
  ['120-columns', 120, { NO_COLOR: '1' }],
  ['60-columns', 60, { NO_COLOR: '1' }],
  ['80-columns-in-colour', 80, {}],
] as const
/** Columns are as wide as the paths in them: this one has 20 characters, wherever the folder above it leaves room for that. */
const root = mkdtempSync(`${tmpdir()}/${'terminal-----'.slice(0, Math.max(1, 13 - tmpdir().length))}`)
const homeOf = (name: string) => join(root, name, 'home')

beforeAll(() => {
  mkdirSync(join(root, 'bin'))
  symlinkSync(BIN, join(root, 'bin/todo-cli'))
  symlinkSync(process.execPath, join(root, 'bin/node'))
})
afterAll(async () => {
  for (const [name] of TERMINALS) await spawnCli(['local', 'stop'], { env: { TODO_CLI_HOME: homeOf(name) } })
  rmSync(root, { recursive: true, force: true })
})

/** Runs the commands of a transcript in one shell on a terminal, with somebody before it. */
async function play(name: string, columns: number, env: Record<string, string>): Promise<RanStep[]> {
  const cwd = join(root, name)
  mkdirSync(cwd)
  const { steps } = parseTranscript(readFileSync(join(FOLDER, `${name}.txt`), 'utf8'))
  const lines = steps.map(
    ({ command }) => `printf '%s\\n' '$ ${command.replaceAll("'", "'\\''")}'\n${command}\necho "[exit $?]"\n`,
  )
  // The shell goes on where a command is broken off.
  writeFileSync(join(cwd, 'script.sh'), `trap : INT\n${lines.join('')}`)
  const terminal = startTerminal('sh script.sh', {
    cwd,
    columns,
    env: {
      TODO_CLI_HOME: homeOf(name),
      HOME: root,
      PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
      LC_ALL: 'C.UTF-8',
      ...env,
    },
  })
  const [{ output }] = await Promise.all([terminal.ended, answer(terminal)])
  const shown = settled(output).split(/^\$ .*\n/m)
  return steps.map((step, index) => {
    const part = shown[index + 1] ?? ''
    const exit = /\[exit (\d+)\]\n$/.exec(part)
    return { ...step, stdout: part.slice(0, exit?.index), stderr: '', exitCode: Number(exit?.[1]) }
  })
}

/** What the person does: the first removal is thought better of, and the second one broken off. */
async function answer(terminal: Terminal): Promise<void> {
  const answers = ['y\r', 'n\r', '\u0003']
  for (;;) {
    const shown = await terminal
      .until(/\[y\/N\] |assphrase( again)?: $|the page (\S+) and enter the code (\w+)/)
      .catch(() => undefined)
    if (shown === undefined) return
    const [, page = '', code = ''] = /the page (\S+) and enter the code (\w+)/.exec(shown) ?? []
    if (code !== '') await visit(page, code)
    else terminal.type(shown.endsWith('[y/N] ') ? (answers.shift() ?? 'y\r') : 'open sesame\r')
  }
}

/** Half a year and a year, counted in months: how many days that is depends on the date. */
const DAYS = /\b(18[0-4]|36[45])\b/g

/** What changes from run to run, each as long as it was, so that tables stay as they were. */
function masked(text: string): string {
  return text
    .replaceAll(root, '/'.padEnd(root.length, 'x'))
    .replace(/\/\S*…/g, (cut) =>
      root.startsWith(cut.slice(0, -1)) ? `/${'x'.repeat(cut.length - 2)}…` : cut,
    )
    .replace(/\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g, 'eyJ<the token>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx')
    .replace(/\b[0-9a-f]{7}[0-9a-f-]*…/g, (cut) => `${'x'.repeat(cut.length - 1)}…`)
    .replace(/\b[0-9a-f]{32}\b/g, 'x'.repeat(32))
    .replace(/\b[0-9A-F]{34}([0-9A-F]{6}|[0-9A-F]{30})?\b/g, (hex) => 'X'.repeat(hex.length))
    .replace(/localhost:\d{5}/g, 'localhost:ppppp')
    .replace(/\(pid \d+\)|^pid +\d+$/gm, '(pid)')
    .replace(/the code \w{9}/, 'the code XXXXXXXXX')
    .replace(/\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z| \d\d:\d\d UTC)?/g, (date) => date.replace(/\d/g, '0'))
    .replace(
      /^(\S*(?:aio|rh|uti|xms_ftd|x5t|x5t#S256)\S*\s+"?)([\w.-]{22,})/gm,
      (_, name, value) => `${name}${'x'.repeat(value.length)}`,
    )
    .replace(/("x5t(?:#S256)?": ")[\w-]+/g, '$1x')
    .replace(/\((in|\d+) (?=[^()]*\d)?(?![^()]*days left)[^()]*\)/g, '(<relative>)')
    .replace(/\d+ (minutes?|seconds?) ago|just now/g, '<relative>')
    .replace(/\d+ s (ahead of|behind) the issuer/g, "<n> s from the issuer's")
    .replace(DAYS, (days) => `${days.slice(0, 2)}x`)
    .replace(/^(lifetime +).*/gm, '$1<lifetime>')
    .replaceAll('\u001b', '␛')
}

/** Sentences and what one copies are broken by the terminal itself. */
const TABLES = /^todo-cli (todos list|cert (list|verify)|config (list|profiles)|app credential list)/

describe.runIf(hasTerminal).concurrent('on a terminal', () => {
  it.for(TERMINALS)(
    'of %s the commands are as in their transcript',
    { timeout: 180_000 },
    async ([name, columns, env], { expect }) => {
      const ran = await play(name, columns, env)
      for (const { command, stdout, exitCode } of ran) {
        searched({ stdout, stderr: '', exitCode }, [command])
        expect([0, 1, 2, 4, 6, 130, 255], command).toContain(exitCode)
        expect(stdout, command).not.toMatch(/^\s+at |node_modules|\.[cm]?[jt]s:\d/m)
        if (Object.hasOwn(env, 'NO_COLOR')) expect(stdout, command).not.toContain('\u001b')
        if (!TABLES.test(command) || command.includes('--json') || exitCode !== 0) continue
        // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences are what is looked for
        for (const line of stdout.replace(/\u001b\[[\d;]*m/g, '').split('\n'))
          if (!/^(warning|next|hint): /.test(line))
            expect(displayWidth(line), line).toBeLessThanOrEqual(columns)
      }
      const shown = ran.map((step) => ({ ...step, stdout: masked(step.stdout) }))
      await expect(renderTranscript(shown, [], [])).toMatchFileSnapshot(join(FOLDER, `${name}.txt`))
    },
  )
})

describe('the transcripts of terminals', () => {
  const commandsOf = (name: string) =>
    parseTranscript(readFileSync(join(FOLDER, `${name}.txt`), 'utf8')).steps.map(({ command }) => command)

  it('have the same commands at 80 and at 120 columns', () => {
    expect(commandsOf('120-columns')).toEqual(commandsOf('80-columns'))
  })

  it.each(PEOPLES_COMMANDS)('show "todo-cli %s", good and bad', (path) => {
    const text = readFileSync(join(FOLDER, '80-columns.txt'), 'utf8')
    const exits = [...text.matchAll(new RegExp(`^\\$ .*todo-cli ${path}\\b[^]*?^\\[exit (\\d+)\\]$`, 'gm'))]
    expect(new Set(exits.map(([, exit]) => exit === '0')).size).toBe(2)
  })
})
