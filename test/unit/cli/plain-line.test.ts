import { describe, expect, it } from 'vitest'
import type { LoadAction } from '../../../cli/command.ts'
import { PLAIN_COMMANDS, plainLine } from '../../../cli/plain-line.ts'
import { createProgram } from '../../../cli/program.ts'

/** What commander starts for a line. */
async function parsed(argv: readonly string[]) {
  const started: { load: LoadAction; args: readonly string[]; flags: unknown }[] = []
  const tree = createProgram(
    '0.0.0',
    async (load, args, flags) => {
      started.push({ load, args, flags })
    },
    { writeOut: () => {} },
  )
  await tree.parseAsync(argv, { from: 'user' })
  return started[0]
}

const FILES = ['daemon.pem', '-', 'vault:daemon', '', 'constructor', '__proto__', 'a b.pem', '12', 'json']
const SWITCHES = ['--json', '--quiet', '--verbose', '--no-color', '--no-cache']

describe.each(Object.keys(PLAIN_COMMANDS).map((name) => ({ name, words: name.split(' ') })))(
  'a plain line: $name',
  ({ words, name }) => {
    const { most = 0, least = 0 } = PLAIN_COMMANDS[name] ?? {}
    const lines = [
      ...(least === 0 ? [[], ...SWITCHES.map((each) => [each]), SWITCHES, ['--json', '--json']] : []),
      ...(most === 1 ? FILES.flatMap((file) => [[file], [file, '--json'], ['--no-color', file]]) : []),
    ]

    it.each(lines.map((rest) => ({ rest, line: rest.join(' ') })))(
      'starts with "$line" what commander starts',
      async ({ rest }) => {
        const [plain, full] = [plainLine([...words, ...rest]), await parsed([...words, ...rest])]
        expect(plain?.args).toEqual(full?.args)
        expect(plain?.flags).toEqual(full?.flags)
        expect(await plain?.load()).toBe(await full?.load())
      },
    )

    it.each([
      ['an option that takes a value', ['--auth', 'cert']],
      ['the same in one word', ['--auth=cert']],
      ['an option that is none', ['--jsom']],
      ['an abbreviation', ['--js']],
      ['the help', ['--help']],
      ['what ends the options', ['--', '--json']],
      ['more arguments than it takes', Array(most + 1).fill('daemon.pem')],
    ])('is not made of %s, which is for commander', (_, rest) => {
      expect(plainLine([...words, ...rest])).toBeUndefined()
      expect(plainLine([...words, '--json', ...rest])).toBeUndefined()
    })

    it('has the command first', () => {
      expect(plainLine(['--json', ...words])).toBeUndefined()
      expect(plainLine(words.slice(0, 1))).toBeUndefined()
      expect(plainLine([words.join(' ')])).toBeUndefined()
    })
  },
)

it.each([
  [[]],
  [['constructor', 'name']],
  [['cert', 'toString']],
  [['todos', 'lst']],
  [['cert', 'create', 'x']],
])('a line that is not plain is for commander: %j', (argv) => {
  expect(plainLine(argv)).toBeUndefined()
})
