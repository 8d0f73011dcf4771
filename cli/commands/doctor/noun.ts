import type { Command } from 'commander'
import { declareVerb, type Launch, tokenSettings } from '../../command.ts'

export async function doctor(command: Command, launch: Launch): Promise<void> {
  declareVerb(
    command,
    {
      summary:
        'Find out what is wrong: each check in the order of the data path, with what was seen and what to do',
      settings: await tokenSettings(),
      exitCodes: [[1, 'a check failed']],
      examples: ['todo-cli doctor', 'todo-cli doctor --auth cert', 'todo-cli doctor --json'],
      load: () => import('./doctor.ts').then((m) => m.doctor),
    },
    launch,
  )
}
