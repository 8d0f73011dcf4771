import type { Command } from 'commander'
import { COMMON_EXIT_CODES, declareVerb, type Launch } from '../../command.ts'

export function completion(command: Command, launch: Launch): void {
  declareVerb(
    command,
    {
      summary:
        'Print the script that completes commands, options, profiles, files and vault names in a shell',
      exitCodes: COMMON_EXIT_CODES,
      examples: [
        'eval "$(todo-cli completion bash)"',
        'todo-cli completion fish > ~/.config/fish/completions/todo-cli.fish',
        'todo-cli completion powershell | Out-String | Invoke-Expression',
      ],
      load: () => import('./script.ts').then((m) => m.script),
    },
    launch,
  )
}

/** What the scripts call: `todo-cli __complete SHELL -- WORDS...` */
export function complete(command: Command, launch: Launch): void {
  const { parent: root } = command
  if (root === null) throw new TypeError('this command has a program above it')
  declareVerb(
    command,
    {
      summary: command.description(),
      options: [['--breaks CHARACTERS', 'At which bash takes words apart']],
      exitCodes: COMMON_EXIT_CODES,
      examples: ['todo-cli __complete bash -- todos ""'],
      load: () => import('./answer.ts').then((m) => m.answerFor(root)),
    },
    launch,
  )
}
