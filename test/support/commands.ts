import { type Command, CommanderError } from 'commander'
import { createProgram } from '../../cli/program.ts'

export interface NamedCommand {
  /** `todos list` */
  readonly path: string
  readonly command: Command
}

/** Every noun and verb of the program, hidden ones too; nouns are loaded as they are when somebody names them. */
export async function commandsOfProgram(): Promise<NamedCommand[]> {
  const tree = createProgram('0.0.0', async () => {}, { writeOut: () => {} })
  for (const name of tree.commands.map((noun) => noun.name()))
    await tree.parseAsync([name, '--help'], { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error
    })
  const below = (command: Command, path: string): NamedCommand[] =>
    command.commands.flatMap((each) => {
      const own = `${path} ${each.name()}`.trim()
      return [{ path: own, command: each }, ...below(each, own)]
    })
  return below(tree, '')
}

/** Not for people: the background process of `local start`, and what completion scripts call. */
const HIDDEN = ['local run', '__complete']

/** Every command that a person types: `todos list`, `doctor`. */
export const PEOPLES_COMMANDS: readonly string[] = (await commandsOfProgram())
  .filter(({ path, command }) => command.commands.length === 0 && !HIDDEN.includes(path))
  .map(({ path }) => path)

/** The lines after `Examples:`. */
export function examplesIn(text: string): string[] {
  const [, after = ''] = text.split('Examples:\n')
  return (
    after
      .split('\n\n')[0]
      ?.split('\n')
      .map((line) => line.replace(/^ {2}\$ /, '')) ?? []
  )
}
