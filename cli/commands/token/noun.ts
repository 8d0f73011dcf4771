import type { Command } from 'commander'
import { addVerb, COMMON_EXIT_CODES, type Launch, SERVICE_EXIT_CODES, tokenSettings } from '../../command.ts'

export async function token(noun: Command, launch: Launch): Promise<void> {
  const settings = await tokenSettings()
  addVerb(
    noun,
    {
      usage: 'get',
      summary: 'Print the access token alone',
      settings,
      exitCodes: SERVICE_EXIT_CODES,
      examples: ['curl -H "Authorization: Bearer $(todo-cli token get)" "$API_ENDPOINT"'],
      load: () => import('./get.ts').then((m) => m.get),
    },
    launch,
  )
  addVerb(
    noun,
    {
      usage: 'show',
      summary: "Print the access token's claims, never its signature",
      settings,
      exitCodes: SERVICE_EXIT_CODES,
      examples: ['todo-cli token show', 'todo-cli token show --json'],
      load: () => import('./show.ts').then((m) => m.show),
    },
    launch,
  )
  addVerb(
    noun,
    {
      usage: 'clear',
      summary: 'Remove all cached tokens',
      exitCodes: COMMON_EXIT_CODES,
      examples: ['todo-cli token clear'],
      load: () => import('./clear.ts').then((m) => m.clear),
    },
    launch,
  )
}
