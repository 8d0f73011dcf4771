/** docs/output.md says what `--json` gives; here the program is asked. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnCli } from '../support/cli.ts'

const cwd = mkdtempSync(join(tmpdir(), 'output-'))
const env = { TODO_CLI_HOME: join(cwd, 'home'), HOME: cwd }

beforeAll(async () => {
  const { exitCode, stderr } = await spawnCli(['local', 'start'], { env })
  expect(exitCode, stderr).toBe(0)
})
afterAll(async () => {
  await spawnCli(['local', 'stop'], { env })
  rmSync(cwd, { recursive: true, force: true })
})

const text = readFileSync(join(import.meta.dirname, '../../docs/output.md'), 'utf8')
const DOCUMENTED = [...text.matchAll(/^\| `([a-z][^`]*)` \| `([[{][^`]*)` \|$/gm)].map(
  ([, command = '', shape = '']) => ({
    command,
    shape,
  }),
)

/** A value as the page writes it: the names of objects, the first element of lists. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${shapeOf(value[0])}]`
  if (typeof value !== 'object' || value === null) return ''
  const fields = Object.entries(value).map(([name, each]) => {
    const shape = shapeOf(each)
    return shape === '' ? name : `${name}: ${shape}`
  })
  return `{${fields.join(', ')}}`
}

describe('--json', () => {
  it('is documented for many commands', () => {
    expect(DOCUMENTED.length).toBeGreaterThan(15)
  })

  it.each(DOCUMENTED)('of "todo-cli $command" is $shape', async ({ command, shape }) => {
    const { stdout } = await spawnCli([...command.split(' '), '--json'], { env, cwd })
    expect(shapeOf(JSON.parse(stdout))).toBe(shape)
  })

  it.each(DOCUMENTED)(
    'of "todo-cli $command" is one line in a pipe, and nothing else is written',
    async ({ command }) => {
      if (/^(cert (create|convert)|app credential add)/.test(command)) return
      const { stdout, stderr } = await spawnCli([...command.split(' '), '--json', '--quiet'], { env, cwd })
      expect(stdout.split('\n')).toHaveLength(2)
      expect(stderr).toBe('')
    },
  )
})
