import type { Command } from 'commander'
import { addVerb, hintAt, type Launch, SERVICE_EXIT_CODES } from '../../command.ts'
import { SETTINGS } from '../../settings.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'

export function app(noun: Command, launch: Launch): void {
  const credential = noun.command('credential').description("The app's certificates")
  hintAt(credential)
  const settings = [
    ...SETTINGS.filter(({ key }) => ['clientId', 'graphUrl'].includes(key)),
    ...VAULT_SETTINGS,
  ]
  addVerb(
    credential,
    {
      usage: 'add [cert]',
      summary: "Register a certificate's public part with the app, beside those that it has",
      settings,
      exitCodes: SERVICE_EXIT_CODES,
      examples: ['todo-cli app credential add certs/daemon.crt', 'todo-cli app credential add vault:daemon'],
      load: () => import('./credential-add.ts').then((m) => m.add),
    },
    launch,
  )
  addVerb(
    credential,
    {
      usage: 'list',
      summary: "List the app's registered certificates",
      settings,
      exitCodes: SERVICE_EXIT_CODES,
      examples: ['todo-cli app credential list', 'todo-cli app credential list --json'],
      load: () => import('./credential-list.ts').then((m) => m.list),
    },
    launch,
  )
}
