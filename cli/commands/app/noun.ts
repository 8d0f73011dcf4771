import type { Command } from 'commander'
import { addVerb, hintAt, type Launch, SERVICE_EXIT_CODES, type Verb } from '../../command.ts'
import { REGISTRATION_SETTINGS } from '../../registration/settings.ts'
import { SETTINGS } from '../../settings.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import { TENANT_OPTIONS, WAIT_OPTION } from './options.ts'

/** Who calls Graph, and of which app it is. */
const OF_GRAPH = [...SETTINGS.filter(({ key }) => ['clientId', 'graphUrl'].includes(key)), ...VAULT_SETTINGS]
const of = (...keys: string[]) =>
  [...SETTINGS, ...REGISTRATION_SETTINGS].filter(({ key }) => keys.includes(key))

const CLIENT_NAME_OPTION = [
  '--client-name NAME',
  'The daemon by its name, in place of the client id (default todo-cli-daemon)',
] as const

const APPS: readonly Verb[] = [
  {
    usage: 'create',
    summary:
      'Register the API and the daemon, with permissions, admin consent and a credential; safe to repeat',
    settings: [...of('graphUrl', 'authority', 'apiEndpoint', 'apiVariablesFile'), ...VAULT_SETTINGS],
    options: [
      ...TENANT_OPTIONS,
      ['--api-name NAME', 'The name of the API (default todo-cli-api)'],
      ['--client-name NAME', 'The name of the daemon (default todo-cli-daemon)'],
      [
        '--certificate CERT',
        'The certificate to register; a file that is not there is made (default certs/NAME.pem)',
      ],
      ['--secret', 'A client secret into a 0600 file, in place of a certificate'],
      ['--secret-file FILE', 'The file for that secret (default certs/NAME.secret)'],
      [
        '--login',
        'Register a public client too, with which users sign in by todo-cli login; consent is given for all of them',
      ],
      ['--save-as NAME', "The profile to write (default: the daemon's name)"],
      ['--dry-run', 'Show what differs, and change nothing'],
      WAIT_OPTION,
    ],
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli app create --dry-run',
      'todo-cli app create --tenant contoso.onmicrosoft.com --vault-auth azure-cli',
      'todo-cli app create --certificate vault:daemon',
      'todo-cli app create --cloud usgov --secret',
      'todo-cli app create --login',
    ],
    load: () => import('./create.ts').then((m) => m.create),
  },
  {
    usage: 'show',
    summary:
      'Show both apps: permissions, consent, credentials with the days that they have left, portal links',
    settings: [...of('clientId', 'graphUrl', 'scopes'), ...VAULT_SETTINGS],
    options: [...TENANT_OPTIONS, CLIENT_NAME_OPTION],
    exitCodes: SERVICE_EXIT_CODES,
    examples: ['todo-cli app show', 'todo-cli app show --client-name todo-cli-daemon --json'],
    load: () => import('./show.ts').then((m) => m.show),
  },
  {
    usage: 'remove',
    summary: 'Remove the apps that app create made, their profile and variables file; shown first',
    settings: [...of('clientId', 'graphUrl', 'scopes'), ...VAULT_SETTINGS],
    options: [
      ...TENANT_OPTIONS,
      CLIENT_NAME_OPTION,
      ['--purge', 'For good: they can not be restored for 30 days, and their names are free at once'],
      WAIT_OPTION,
      ['--yes', 'Do not ask'],
    ],
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli app remove',
      'todo-cli app remove --profile todo-cli-daemon --yes',
      'todo-cli app remove --purge',
    ],
    load: () => import('./remove.ts').then((m) => m.remove),
  },
]

const PROOF_OPTION = [
  '--proof',
  'Without rights in the directory: the app proves itself with its present certificate (--auth cert or keyvault)',
] as const

const CREDENTIALS: readonly Verb[] = [
  {
    usage: 'add [cert]',
    summary: "Register a certificate's public part with the app, beside those that it has",
    settings: [...OF_GRAPH, ...of('appObjectId')],
    options: [PROOF_OPTION],
    exitCodes: SERVICE_EXIT_CODES,
    examples: [
      'todo-cli app credential add certs/daemon.crt',
      'todo-cli app credential add vault:daemon',
      'todo-cli app credential add certs/next.crt --proof --auth cert',
    ],
    load: () => import('./credential-add.ts').then((m) => m.add),
  },
  {
    usage: 'list',
    summary: "List the app's certificates and secrets, with the days that they have left",
    settings: OF_GRAPH,
    exitCodes: SERVICE_EXIT_CODES,
    examples: ['todo-cli app credential list', 'todo-cli app credential list --json'],
    load: () => import('./credential-list.ts').then((m) => m.list),
  },
  {
    usage: 'remove <key-id>',
    summary: 'Remove one certificate or secret, by its key id or its thumbprint; the others stay',
    settings: [...OF_GRAPH, ...of('appObjectId')],
    options: [['--force', 'Also where it is the last one that works'], PROOF_OPTION],
    exitCodes: SERVICE_EXIT_CODES,
    examples: ['todo-cli app credential remove 11111111-2222-3333-4444-555555555555'],
    load: () => import('./credential-remove.ts').then((m) => m.remove),
  },
]

export function app(noun: Command, launch: Launch): void {
  for (const verb of APPS) addVerb(noun, verb, launch)
  const credential = noun
    .command('credential')
    .helpCommand(false)
    .description("The app's certificates and secrets")
  hintAt(credential)
  for (const verb of CREDENTIALS) addVerb(credential, verb, launch)
}
