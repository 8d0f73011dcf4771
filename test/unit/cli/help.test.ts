import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { DECLARE } from '../../../cli/command.ts'
import { createProgram } from '../../../cli/program.ts'
import { BIN, runCli } from '../../support/cli.ts'

/** Every command, by its words: `cert create`. */
async function commands(): Promise<string[][]> {
  const root = createProgram('0.0.0', async () => {}, { writeOut: () => {} })
  const found: string[][] = [[]]
  const walk = async (command: Command, path: string[]) => {
    await DECLARE.get(command)?.()
    for (const sub of command.commands) {
      found.push([...path, sub.name()])
      await walk(sub, [...path, sub.name()])
    }
  }
  await walk(root, [])
  return found
}

const ALL = await commands()

describe.each(ALL.map((words) => ({ words, name: words.join(' ') })))(
  'todo-cli $name --help',
  ({ words }) => {
    it('fits into 80 columns, in a pipe and on a terminal', async () => {
      for (const tty of [false, true]) {
        const { stdout, stderr, exitCode } = await runCli([...words, '--help'], { tty, columns: 80 })
        expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
        expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
      }
    })

    it('is written down by the build, word for word, for the bin to print at once', async () => {
      const { stdout } = await runCli([...words, '--help'])
      const file = `${words.join('.') || 'todo-cli'}.txt`
      expect(readFileSync(join(dirname(BIN), 'help', file), 'utf8')).toBe(stdout)
    })

    it('says what it is for, and has no heading without lines', async () => {
      const { stdout } = await runCli([...words, '--help'])
      expect(stdout).toMatch(/^Usage: todo-cli .+\n\n[A-Z].+/)
      expect(stdout).not.toMatch(/:\n\n|\n\n\n/)
    })
  },
)

describe('help', () => {
  it('is as wide as the terminal', async () => {
    const widest = async (columns: number) => {
      const { stdout } = await runCli(['todos', 'list', '--help'], { tty: true, columns })
      return Math.max(...stdout.split('\n').map((line) => line.length))
    }
    expect(await widest(120)).toBeGreaterThan(80)
    expect(await widest(120)).toBeLessThanOrEqual(120)
  })

  it('has secrets and certificates, and the key vault, under headings of their own', async () => {
    const { stdout } = await runCli(['todos', 'list', '--help'])
    const headings = stdout.split('\n').filter((line) => /^[A-Z].*:$/.test(line))
    expect(headings).toEqual([
      'Options:',
      'Settings (each also a profile key, and the variable in brackets):',
      'Secret and certificate (--auth secret, cert):',
      'Key vault (--auth keyvault, vault:NAME):',
      'Global Options:',
      'Examples:',
      'Exit codes:',
    ])
  })
})
