/** What every command promises: help with examples that can be typed, documented exit codes, hints that lead somewhere. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { expectError, runCli } from '../../support/cli.ts'
import { commandsOfProgram, examplesIn } from '../../support/commands.ts'
import { commandsIn, usageError } from '../../support/hints.ts'

const all = await commandsOfProgram()
const verbs = all.filter(({ command }) => command.commands.length === 0).map(({ path }) => path)
const nouns = all.filter(({ command }) => command.commands.length > 0).map(({ path }) => path)

async function help(path: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli([...path.split(' ').filter(Boolean), '--help'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout
}

describe('the help', () => {
  it.each(['', ...nouns, ...verbs])('of "todo-cli %s" is on standard output, with -h too', async (path) => {
    const text = await help(path)
    expect(text).toMatch(new RegExp(`^Usage: todo-cli ${path}`))
    expect((await runCli([...path.split(' ').filter(Boolean), '-h'])).stdout).toBe(text)
  })

  it.each(verbs)('of "todo-cli %s" has an example of it, and its exit codes', async (path) => {
    const text = await help(path)
    expect(examplesIn(text).join('\n')).toContain(`todo-cli ${path}`)
    expect(text).toMatch(/Exit codes:\n +0 +\S/)
    expect(text).toMatch(/\n +130 +interrupted/)
  })

  it.each(['', ...verbs])('of "todo-cli %s" has examples that can be typed', async (path) => {
    const examples = examplesIn(await help(path))
    expect(examples).not.toEqual([])
    for (const example of examples) {
      const found = commandsIn(example)
      expect(found, example).not.toEqual([])
      for (const command of found)
        expect({ command, wrong: await usageError(command) }).toEqual({ command, wrong: undefined })
    }
  })

  it.each(verbs)('of "todo-cli %s" shows no secret as a flag', async (path) => {
    expect(await help(path)).not.toMatch(
      /--(client-secret|passphrase|password|cert-passphrase)(?!-file|-env)[ =]/,
    )
  })
})

describe('each command line that the sources tell somebody to type', () => {
  const root = join(import.meta.dirname, '../../..')
  const literals = globSync('{cli,core,tenant,api}/**/*.ts', { cwd: root }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))
      .flatMap((line) => [...line.matchAll(/(['"`])((?:\\.|(?!\1).)*todo-cli (?:\\.|(?!\1).)*)\1/g)])
      .map(([, , text = '']) => text.replaceAll(/\$\{[^{}]*\}/g, 'X').replaceAll(/\\(.)/g, '$1')),
  )
  // The name of the CA is no command, and a template may begin with what is put in.
  const lines = [...new Set(literals.flatMap(commandsIn))].filter(
    (line) => line !== 'todo-cli local tenant' && !line.startsWith('todo-cli X'),
  )

  it('is one of many', () => {
    expect(lines.length).toBeGreaterThan(40)
  })

  it.each(lines)('%s', async (command) => {
    // What is put in can be an argument, or flags.
    const wrong = (await usageError(command)) && (await usageError(command.replace(/ X$/, '')))
    expect(wrong).toBeUndefined()
  })
})

describe('a command line that ends too soon', () => {
  it('tells who typed the name alone what there is, and how to begin', async () => {
    const result = await runCli([])
    expectError(result, 2, /^error: no command was given; there are:\n {2}todos +List and change todos\n/)
    expect(result.stderr).toMatch(
      /\nhint: to try it on this machine: todo-cli local start; .*: todo-cli --help\n$/,
    )
    expect(result.stderr).not.toContain('__complete')
  })

  it.each(nouns)('tells what can follow "todo-cli %s"', async (noun) => {
    const result = await runCli(noun.split(' '))
    expectError(result, 2, `hint: todo-cli ${noun} --help\n`)
    const below = all.filter(
      ({ path, command }) => path.startsWith(`${noun} `) && command.commands.length === 0,
    )
    for (const { path } of below.filter(({ path }) => path.split(' ').length === noun.split(' ').length + 1))
      if (path !== 'local run') expect(result.stderr).toContain(`\n  ${path.split(' ').at(-1)} `)
  })
})

describe('todo-cli help', () => {
  it.each([
    [[], []],
    [['todos'], ['todos']],
    [
      ['cert', 'create'],
      ['cert', 'create'],
    ],
  ])('%j is the help of that command', async (words, path) => {
    const { stdout, exitCode } = await runCli(['help', ...words])
    expect({ stdout, exitCode }).toEqual({ stdout: await help(path.join(' ')), exitCode: 0 })
  })
})

describe('a command line that can not be understood', () => {
  it.each([
    [['todo'], "unknown command 'todo' (Did you mean todos?)", 'todo-cli --help'],
    [['todos', 'lst'], "unknown command 'lst' (Did you mean list?)", 'todo-cli todos --help'],
    [
      ['todos', 'list', '--jsn'],
      "unknown option '--jsn' (Did you mean --json?)",
      'todo-cli todos list --help',
    ],
    [
      ['--profil', 'x', 'todos', 'list'],
      "unknown option '--profil' (Did you mean --profile?)",
      'todo-cli --help',
    ],
    [['todos', 'show'], "missing required argument 'id'", 'todo-cli todos show --help'],
    [['todos', 'list', '--auth'], "option '--auth <METHOD>' argument missing", 'todo-cli --help'],
  ])('%j', async (argv, message, hint) => {
    const result = await runCli(argv)
    expectError(result, 2, `error: ${message}\nhint: ${hint}\n`)
  })

  it.each(['__proto__', 'constructor', 'toString', '', ' ', '\u001b[2J', '-', '--'])('%j', async (word) => {
    expectError(await runCli([word]), 2, /^error: /)
    expectError(await runCli(['todos', word]), 2, /^error: /)
  })

  it('is JSON with --json, wherever that stands', async () => {
    for (const argv of [
      ['--json', 'todos', 'lst'],
      ['todos', 'lst', '--json'],
      ['todos', '--json', 'lst'],
    ]) {
      const { exitCode, stdout, stderr } = await runCli(argv)
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
      expect(JSON.parse(stderr).error).toMatchObject({ code: 'usage', exitCode: 2 })
    }
  })

  it('is not JSON where --json is text', async () => {
    expectError(await runCli(['todos', 'show', '--', '--json', 'x']), 2, /too many arguments/)
  })
})

describe('the flags of every command', () => {
  it('can stand before the command, and after it', async () => {
    const { env } = temporaryHomeOf()
    const argvs = [
      ['--auth', 'cert', 'config', 'get', 'auth'],
      ['config', 'get', 'auth', '--auth', 'cert'],
    ]
    for (const argv of argvs) expect((await runCli(argv, { env })).stdout).toBe('cert\n')
  })

  it.each([
    ['the terminal is coloured', { tty: true }, true],
    ['but not with --no-color', { tty: true, flags: ['--no-color'] }, false],
    ['and not with NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['a pipe is not', {}, false],
    ['but with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }, true],
  ])(
    '%s',
    async (_, {
      flags = [],
      ...options
    }: { flags?: string[]; tty?: boolean; env?: Record<string, string> }, colour) => {
      const { stderr } = await runCli(['todos', 'lst', ...flags], options)
      expect(stderr.includes('\u001b[31m')).toBe(colour)
    },
  )
})

/** A home that nothing was written into. */
const temporaryHomeOf = () => ({
  env: { TODO_CLI_HOME: join(import.meta.dirname, 'there-is-no-such-folder') },
})
