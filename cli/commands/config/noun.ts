import type { Command } from 'commander'
import { addVerb, COMMON_EXIT_CODES, type Launch, type Verb } from '../../command.ts'

const VERBS: readonly Omit<Verb, 'exitCodes'>[] = [
  {
    usage: 'list',
    summary: 'List every setting, its value and where that comes from',
    examples: ['todo-cli config list', 'todo-cli config list --profile local --json'],
    load: () => import('./list.ts').then((m) => m.list),
  },
  {
    usage: 'get <key>',
    summary: 'Print the value of a setting',
    examples: ['todo-cli config get apiEndpoint'],
    load: () => import('./get.ts').then((m) => m.get),
  },
  {
    usage: 'set <key> <value>',
    summary: 'Write a setting into the profile (the current one, or that of --profile)',
    examples: [
      'todo-cli config set auth cert',
      'todo-cli config set tenantId contoso.onmicrosoft.com --profile work',
    ],
    load: () => import('./change.ts').then((m) => m.set),
  },
  {
    usage: 'unset <key>',
    summary: 'Remove a setting from the profile',
    examples: ['todo-cli config unset auth'],
    load: () => import('./change.ts').then((m) => m.unset),
  },
  {
    usage: 'profiles',
    summary: 'List the profiles',
    examples: ['todo-cli config profiles'],
    load: () => import('./profiles.ts').then((m) => m.profiles),
  },
  {
    usage: 'use <profile>',
    summary: 'Use this profile where --profile names none',
    examples: ['todo-cli config use local'],
    load: () => import('./use.ts').then((m) => m.use),
  },
]

export function config(noun: Command, launch: Launch): void {
  for (const verb of VERBS) addVerb(noun, { ...verb, exitCodes: COMMON_EXIT_CODES }, launch)
}
