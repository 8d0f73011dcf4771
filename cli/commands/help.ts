import type { Command } from 'commander'
import { AppError } from '../../core/errors.ts'
import { type Action, COMMON_EXIT_CODES, declareVerb, type Launch } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'

/** `todo-cli help [COMMAND...]`, which many people type first. */
export function help(command: Command, launch: Launch): void {
  const { parent: root } = command
  if (root === null) throw new TypeError('this command has a program above it')
  declareVerb(
    command,
    {
      summary: command.description(),
      exitCodes: COMMON_EXIT_CODES,
      examples: ['todo-cli help', 'todo-cli help cert create'],
      load: async () => helpOf(root),
    },
    launch,
  )
}

const helpOf =
  (root: Command): Action =>
  async (_context, words) => {
    const [first] = words
    const known = root.commands.map((each) => each.name())
    if (first !== undefined && !known.includes(first)) {
      throw new AppError('usage', `there is no command "${first.slice(0, 64)}"${didYouMean(first, known)}`, {
        hint: `${root.name()} --help`,
      })
    }
    await root.parseAsync([...words, '--help'], { from: 'user' })
    return undefined
  }
