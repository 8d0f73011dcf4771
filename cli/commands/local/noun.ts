import type { Command } from 'commander'
import { addVerb, COMMON_EXIT_CODES, type Launch, type Verb } from '../../command.ts'

const CLOUD_NAMES = [
  '--cloud-names',
  "Answer under the cloud's own names, through a proxy (see local env)",
] as const

const VERBS: readonly Omit<Verb, 'exitCodes'>[] = [
  {
    usage: 'start',
    summary: 'Start the local tenant and the API in the background, and write the profile "local"',
    options: [CLOUD_NAMES],
    examples: ['todo-cli local start', 'todo-cli todos list --profile local --auth cert'],
    load: () => import('./start.ts').then((m) => m.start),
  },
  {
    usage: 'run',
    summary: 'Run the local tenant and the API in the foreground, until Ctrl-C',
    options: [CLOUD_NAMES],
    examples: ['todo-cli local run'],
    hidden: true,
    load: () => import('./run.ts').then((m) => m.run),
  },
  {
    usage: 'stop',
    summary: 'Stop the local tenant and the API; their state stays',
    examples: ['todo-cli local stop'],
    load: () => import('./stop.ts').then((m) => m.stop),
  },
  {
    usage: 'status',
    summary: 'Print the addresses, ids and files of the local tenant',
    examples: ['todo-cli local status', 'todo-cli local status --json'],
    load: () => import('./status.ts').then((m) => m.status),
  },
  {
    usage: 'env',
    summary: 'Print the same as shell exports',
    options: [['--with-identity', 'Print IDENTITY_ENDPOINT and the secret IDENTITY_HEADER, too']],
    examples: ['eval "$(todo-cli local env)"'],
    load: () => import('./env.ts').then((m) => m.env),
  },
  {
    usage: 'logs',
    summary: 'Print the log of the local tenant and the API',
    examples: ['todo-cli local logs'],
    load: () => import('./logs.ts').then((m) => m.logs),
  },
  {
    usage: 'reset',
    summary: 'Stop, and remove the state: the next start begins anew',
    examples: ['todo-cli local reset'],
    load: () => import('./reset.ts').then((m) => m.reset),
  },
]

export function local(noun: Command, launch: Launch): void {
  for (const verb of VERBS) addVerb(noun, { ...verb, exitCodes: COMMON_EXIT_CODES }, launch)
}
