/** The commander tree. A noun's verbs are declared when it is named; a verb's module is loaded when it runs. */
import { Command } from 'commander'
import { addOption, DECLARE, GLOBAL_KEYS, hintAt, type Launch } from './command.ts'
import { SETTINGS } from './settings.ts'

type Describe = (noun: Command, launch: Launch) => void | Promise<void>

interface Noun {
  readonly name: string
  /** For a command that is a verb itself. */
  readonly arguments?: string
  readonly summary: string
  readonly hidden?: boolean
  readonly load: () => Promise<Describe>
}

const NOUNS: readonly Noun[] = [
  {
    name: 'todos',
    summary: 'List and change todos',
    load: () => import('./commands/todos/noun.ts').then((m) => m.todos),
  },
  {
    name: 'cert',
    summary: 'Create, inspect, move and rotate certificates',
    load: () => import('./commands/cert/noun.ts').then((m) => m.cert),
  },
  {
    name: 'token',
    summary: 'Get, show and clear the access token for the API',
    load: () => import('./commands/token/noun.ts').then((m) => m.token),
  },
  {
    name: 'app',
    summary: 'Register the apps in Entra, and their credentials',
    load: () => import('./commands/app/noun.ts').then((m) => m.app),
  },
  {
    name: 'login',
    summary: 'Sign a user in, for --auth user',
    load: () => import('./commands/user/noun.ts').then((m) => m.login),
  },
  {
    name: 'whoami',
    summary: 'Tell which user is signed in',
    load: () => import('./commands/user/noun.ts').then((m) => m.whoami),
  },
  {
    name: 'logout',
    summary: 'Forget the user that is signed in',
    load: () => import('./commands/user/noun.ts').then((m) => m.logout),
  },
  {
    name: 'config',
    summary: 'Show and change profiles and settings',
    load: () => import('./commands/config/noun.ts').then((m) => m.config),
  },
  {
    name: 'local',
    summary: 'Start and stop a local tenant and the API, to try it all on this machine',
    load: () => import('./commands/local/noun.ts').then((m) => m.local),
  },
  {
    name: 'doctor',
    summary: 'Find out what is wrong, in the order of the data path',
    load: () => import('./commands/doctor/noun.ts').then((m) => m.doctor),
  },
  {
    name: 'explain',
    arguments: '<code>',
    summary: 'Explain an error code: AADSTS700027, ForbiddenByRbac, certificate-expired',
    load: () => import('./commands/explain/noun.ts').then((m) => m.explain),
  },
  {
    name: 'completion',
    arguments: '<shell>',
    summary: 'Print the completion script of a shell: bash, zsh, fish or powershell',
    load: () => import('./commands/completion/noun.ts').then((m) => m.completion),
  },
  {
    name: 'help',
    arguments: '[command...]',
    summary: 'Print the help of a command, as --help does',
    hidden: true,
    load: () => import('./commands/help.ts').then((m) => m.help),
  },
  {
    name: '__complete',
    arguments: '<shell> [words...]',
    summary: 'Complete a command line, for the completion scripts',
    hidden: true,
    load: () => import('./commands/completion/noun.ts').then((m) => m.complete),
  },
]

export interface ProgramOutput {
  writeOut(text: string): void
  /** Of the terminal that help is written to; 80 where it is none. */
  readonly columns?: number | undefined
}

export function createProgram(
  version: string,
  launch: Launch,
  { writeOut, columns = 80 }: ProgramOutput,
): Command {
  const program = new Command('todo-cli')
    .description(
      'Calls a todo API as a daemon that proves itself to Microsoft Entra with a secret or a certificate.',
    )
    .version(version, '--version', 'Print the version')
    .option('--profile <NAME>', 'Use this profile, whatever unprefixed variables say')
    .option('--env-file <FILE>', 'Read the variables of settings from this file (TODO_CLI_ENV_FILE)')
    .option('--json', 'Answer in JSON; errors are JSON on stderr')
    .option('--quiet', 'No notes on stderr')
    .option('--verbose', 'Log each request on stderr, and the causes of an error')
    .option('--no-color', 'No colour')
    .option('--no-cache', 'Neither read nor keep cached tokens')
    .helpOption('-h, --help', 'Print help')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .addHelpText('after', HELP)
  for (const { flag, help, key, parse } of SETTINGS.filter(({ key }) => GLOBAL_KEYS.includes(key))) {
    if (flag !== undefined) addOption(program, flag, help, { key, words: parse?.words })
  }
  // Errors are written by `report`, nowhere else.
  program.configureOutput({
    writeOut,
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => columns,
  })
  hintAt(program)
  for (const { name, summary, arguments: names = '', hidden = false, load } of NOUNS) {
    const noun = program.command(name, { hidden }).description(summary)
    noun.copyInheritedSettings(program).helpCommand(false)
    if (names !== '') noun.arguments(names)
    hintAt(noun)
    DECLARE.set(noun, async () => (await load())(noun, launch))
  }
  program.helpCommand(false)
  program.hook('preSubcommand', async (parent, noun) => {
    if (parent === program) await DECLARE.get(noun)?.()
  })
  return program
}

const HELP = `
Variables:
  CLIENT_ID, AUTHORITY, TENANT_ID, CLIENT_SECRET, CERT_PRIVATE_KEY_FILE,
  CERT_PASSPHRASE, CERT_THUMBPRINT, KEY_VAULT_URL, CERTIFICATE_NAME,
  VAULT_CERTIFICATE_FILE, API_ENDPOINT, SCOPES; each also as TODO_CLI_<NAME>,
  which wins. AZURE_* say who opens the vault. TODO_CLI_HOME holds profiles,
  tokens and the local tenant's state.

Examples:
  $ todo-cli local start
  $ todo-cli todos list
  $ todo-cli cert create daemon
  $ todo-cli todos list --auth cert --certificate-file certs/daemon.pem

Exit codes:
  0    done
  1    failed
  2    usage or configuration
  4    not signed in, or refused
  6    a service can not be reached
  130  interrupted`
