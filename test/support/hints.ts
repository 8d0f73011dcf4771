/** Do the commands that a hint, a note or an example names exist? They are parsed by the program's own tree. */
import type { Flags } from '../../cli/context.ts'
import { createProgram } from '../../cli/program.ts'
import { HINTS } from '../../cli/report.ts'

/** The command lines in a text: from `todo-cli` to where the sentence goes on. */
export function commandsIn(text: string): string[] {
  return text
    .split(/(?<![\w/.-])(?=todo-cli )/)
    .filter((part) => part.startsWith('todo-cli '))
    .map((part) => {
      const words: string[] = []
      for (const [word] of part.matchAll(/"[^"]*"|'[^']*'|[^\s"'`()|]+|[`()|]/g)) {
        if (/^([`()|]|&&)$/.test(word)) break
        words.push(word.replace(/[.,;:]$/, ''))
        if (/[.,;:]$/.test(word)) break
      }
      return words.join(' ')
    })
}

/** Splits a command line as a shell would, quotes included. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:"([^"]*)"|'([^']*)'|(\S+))/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

/** Parses a command line and runs nothing. Returns what is wrong with it, or undefined. */
export async function usageError(command: string): Promise<string | undefined> {
  const [, ...argv] = wordsOf(command)
  const launched: Flags[] = []
  const tree = createProgram(
    '0.0.0',
    async (_load, _args, flags) => {
      launched.push(flags)
    },
    { writeOut: () => {} },
  )
  try {
    await tree.parseAsync(argv, { from: 'user' })
    return launched.length === 1 ? undefined : 'it ran nothing'
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return 'exitCode' in error && error.exitCode === 0 ? undefined : `${error.message} ${HINTS.get(error)}`
  }
}
