/** Do the commands that a hint, a note or an example names exist? They are parsed by the program's own tree. */
import type { Flags } from '../../cli/context.ts'
import { createProgram } from '../../cli/program.ts'
import { HINTS } from '../../cli/report.ts'

const NOUNS = createProgram('0.0.0', async () => {}, { writeOut: () => {} }).commands.map((noun) =>
  noun.name(),
)

/**
 * The command lines in a text: from `todo-cli` to where the sentence goes on. Where the name is the subject of a sentence
 * ("todo-cli did not make it") it is no command line, so it has to begin the text, follow a colon, or name a noun.
 */
export function commandsIn(text: string): string[] {
  const found: string[] = []
  for (const { index } of text.matchAll(/(?<![\w/.-])todo-cli /g)) {
    const words = wordsUpToTheEnd(text.slice(index))
    const told = /(^|[:(`$]\s?|\$ )$/.test(text.slice(0, index))
    if (words.length > 1 && (told || NOUNS.includes(words[1] ?? ''))) found.push(words.join(' '))
  }
  return found
}

function wordsUpToTheEnd(text: string): string[] {
  const words: string[] = []
  for (const [word] of text.matchAll(/"[^"]*"|'[^']*'|[^\s"'`()|]+|[`()|]/g)) {
    if (/^([`()|>]|&&)$/.test(word)) break
    words.push(word.replace(/[.,;:]$/, ''))
    if (/[.,;:]$/.test(word)) break
  }
  return words
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
