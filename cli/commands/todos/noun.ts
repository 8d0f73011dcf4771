import type { Command } from 'commander'
import { addVerb, type Launch, SERVICE_EXIT_CODES, tokenSettings } from '../../command.ts'

const OWNER = ['--owner ID', 'The object id of the owner; an app may name any'] as const
const ID_HINT = 'an id as `todo-cli todos list` shows it'

export async function todos(noun: Command, launch: Launch): Promise<void> {
  const common = { settings: await tokenSettings(), exitCodes: SERVICE_EXIT_CODES }
  addVerb(
    noun,
    {
      ...common,
      usage: 'list',
      summary: 'List the todos',
      options: [
        ['--owner ID', 'Only those of this owner, by object id'],
        ['--done', 'Only those that are done'],
        ['--open', 'Only those that are not done'],
        ['--limit N', 'At most so many'],
        ['--all', 'Every one, however many there are'],
      ],
      examples: [
        'todo-cli todos list',
        'todo-cli todos list --open --limit 10',
        'todo-cli todos list --auth cert',
        'todo-cli todos list --auth keyvault --json',
      ],
      load: () => import('./list.ts').then((m) => m.list),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'show <id>',
      summary: `Show one todo: ${ID_HINT}`,
      examples: ['todo-cli todos show 1'],
      load: () => import('./show.ts').then((m) => m.show),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'add <text...>',
      summary: 'Add a todo',
      options: [OWNER],
      examples: ['todo-cli todos add "Water plants"'],
      load: () => import('./add.ts').then((m) => m.add),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'edit <id> <text...>',
      summary: "Change a todo's text",
      examples: ['todo-cli todos edit 1 "Water all plants"'],
      load: () => import('./edit.ts').then((m) => m.edit),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'done <id...>',
      summary: 'Mark todos as done',
      examples: ['todo-cli todos done 1 2'],
      load: () => import('./mark.ts').then((m) => m.done),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'reopen <id...>',
      summary: 'Mark todos as not done',
      examples: ['todo-cli todos reopen 1'],
      load: () => import('./mark.ts').then((m) => m.reopen),
    },
    launch,
  )
  addVerb(
    noun,
    {
      ...common,
      usage: 'remove <id...>',
      summary: 'Remove todos',
      options: [['--yes', 'Do not ask']],
      examples: ['todo-cli todos remove 1 --yes'],
      load: () => import('./remove.ts').then((m) => m.remove),
    },
    launch,
  )
}
