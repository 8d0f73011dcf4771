/** How a command is declared: once, for parsing, for its help and for the tests that run its examples. */
import type { Command, CommanderError, Option } from 'commander'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { Context, Flags } from './context.ts'
import { EXIT_CODES, HINTS, SUBCOMMANDS } from './report.ts'
import { SETTINGS, type SettingSpec } from './settings.ts'

/** Runs a command. An exit code other than 0 may be returned where it is an answer (`cert needs-renewal`). */
export type Action = (context: Context, args: readonly string[], flags: Flags) => Promise<number | undefined>

/** Loads a command's module when it runs, and no sooner. */
export type LoadAction = () => Promise<Action>

export type ExitCodes = readonly (readonly [code: number, meaning: string])[]

export interface Verb {
  /** `add <text>`, as commander writes arguments. */
  readonly usage: string
  readonly summary: string
  readonly settings?: readonly SettingSpec[]
  /** `[flags, description]` as commander takes them, and the words that may follow, where they are a list. */
  readonly options?: readonly (readonly [flags: string, description: string, words?: readonly string[]])[]
  readonly examples: readonly string[]
  /** Exit codes other than 0, with their meaning here. */
  readonly exitCodes?: ExitCodes
  /** The exit code of each error, for a command that has its own. */
  exitCodeOf?(code: ErrorCode): number
  readonly hidden?: boolean
  readonly load: LoadAction
}

/** Starts what was parsed. Given by `run`, so that no command knows where its result goes. */
export type Launch = (load: LoadAction, args: readonly string[], flags: Flags) => Promise<void>

export const COMMON_EXIT_CODES: ExitCodes = [
  [1, 'failed'],
  [2, 'usage or configuration'],
]

export const SERVICE_EXIT_CODES: ExitCodes = [
  [1, 'failed'],
  [2, 'usage or configuration'],
  [4, 'not signed in, or refused'],
  [6, 'a service can not be reached'],
]

/** Declares a verb below its noun: its name and summary now, the rest when it is named, or the noun's help is asked for. */
export function addVerb(noun: Command, verb: Verb, launch: Launch): void {
  const command = noun.command(verb.usage, { hidden: verb.hidden ?? false }).description(verb.summary)
  hintAt(command, verb)
  DECLARE.set(command, () => {
    DECLARE.delete(command)
    declareVerb(command, verb, launch)
  })
  if (DECLARES_VERBS.has(noun)) return
  DECLARES_VERBS.add(noun)
  noun.hook('preSubcommand', (_, named) => DECLARE.get(named)?.())
  // commander's, ahead of its help, which tells the verbs that have options.
  noun.on('beforeHelp', () => {
    for (const each of noun.commands) DECLARE.get(each)?.()
  })
}

/** Declares what `command`, which has its name and arguments already, is and does. */
export function declareVerb(command: Command, verb: Omit<Verb, 'usage'>, launch: Launch): void {
  const { summary, settings = [], options = [], load } = verb
  command.description(summary)
  for (const [flags, description, words] of options) addOption(command, flags, description, { words })
  for (const { flag, help, variable, default: fallback, key, parse } of settings) {
    if (flag === undefined) continue
    const where = variable ? ` (${variable}${fallback ? `, default ${fallback}` : ''})` : ''
    addOption(command, flag, `${help}${where}`, { key, words: parse?.words }).helpGroup(groupOf(key))
  }
  command.addHelpText('after', () => epilogue(command, verb))
  command.action(async (...parsed: unknown[]) => {
    const [args, flags] = [parsed.slice(0, -2).flat().filter(isText), command.optsWithGlobals()]
    try {
      await launch(load, args, camelToKey(flags, settings))
    } catch (error) {
      throw withExitCode(error, verb)
    }
  })
  hintAt(command, verb)
}

/** The heading in the help, so that who uses a file need not read of vaults. */
function groupOf(key: string): string {
  if (/^(keyVault|vault|certificate(Name|Version))/.test(key))
    return 'Key vault (--auth keyvault, vault:NAME):'
  if (/^(clientSecret|cert|assertion)/.test(key)) return 'Secret and certificate (--auth secret, cert):'
  return 'Settings (each also a profile key, and the variable in brackets):'
}

/** What may follow an option, for completion. Filled where options are declared. */
export const OPTION_VALUES = new WeakMap<Option, OptionValues>()

export interface OptionValues {
  /** The key of the setting that it sets. */
  readonly key?: string | undefined
  readonly words?: readonly string[] | undefined
}

/** `--out FOLDER` is declared as commander wants it: `--out <FOLDER>`. */
export function addOption(
  command: Command,
  flags: string,
  description: string,
  values: OptionValues,
): Option {
  const option = command.createOption(flags.replace(/ ([A-Z]+)$/, ' <$1>'), description)
  OPTION_VALUES.set(option, values)
  command.addOption(option)
  return option
}

/** Declares a noun's verbs, or what a verb takes, which else happens when it is named. Filled where they are made. */
export const DECLARE = new WeakMap<Command, () => void | Promise<void>>()

const DECLARES_VERBS = new WeakSet<Command>()

function withExitCode(error: unknown, { exitCodeOf }: Pick<Verb, 'exitCodeOf'>): unknown {
  if (exitCodeOf && error instanceof Error) {
    EXIT_CODES.set(error, exitCodeOf(error instanceof AppError ? error.code : 'internal'))
  }
  return error
}

/** Usage errors below `command` end in the help of that command. */
export function hintAt(command: Command, { exitCodeOf }: Pick<Verb, 'exitCodeOf'> = {}): void {
  command.exitOverride((error) => {
    HINTS.set(error, hintOf(command, error))
    if (error.code === 'commander.help') SUBCOMMANDS.set(error, subcommandsOf(command))
    if (exitCodeOf) EXIT_CODES.set(error, exitCodeOf('usage'))
    throw error
  })
}

/** Who typed nothing else knows nothing yet. */
function hintOf(command: Command, { code }: CommanderError): string {
  const help = `${pathOf(command)} --help`
  const isFirst = command.parent === null && code === 'commander.help'
  return isFirst ? `to try it on this machine: todo-cli local start; to read on: ${help}` : help
}

function subcommandsOf(command: Command): string[] {
  const rows = command
    .createHelp()
    .visibleCommands(command)
    .map((each) => [each.name(), each.description()] as const)
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, description]) => `${name.padEnd(width)}  ${description}`)
}

export function pathOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name())
  return names.join(' ')
}

/** The settings of every command that gets a token for the API: the table's, and each source's. */
export async function tokenSettings(): Promise<readonly SettingSpec[]> {
  const { builtInSources } = await import('./auth/sources/registry.ts')
  const specs = (await builtInSources()).flatMap(({ settings }) => settings)
  return [...SETTINGS.filter(({ key }) => !GLOBAL_KEYS.includes(key) && key !== 'graphUrl'), ...specs]
}

/** Settings whose flags every command has. */
export const GLOBAL_KEYS: readonly string[] = ['auth', 'caFile', 'timeout']

function epilogue(
  command: Command,
  { examples, exitCodes = [] }: Pick<Verb, 'examples' | 'exitCodes'>,
): string {
  const codes: ExitCodes = [[0, 'done'], ...exitCodes, [130, 'interrupted']]
  return [
    '',
    'Examples:',
    ...examples.map((example) => `  $ ${example}`),
    '',
    'Exit codes:',
    ...codes.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`),
    '',
    `Variables and profiles: ${pathOf(command).split(' ')[0]} --help`,
  ].join('\n')
}

/** Settings find their flag by the key of the table: `--passphrase-file` is `certPassphraseFile`. */
function camelToKey(flags: Flags, settings: readonly SettingSpec[]): Flags {
  const renamed = { ...flags }
  for (const { key, flag } of [...settings, ...SETTINGS]) {
    const name = flag && camel(flag)
    if (name && name !== key && name in flags) renamed[key] = flags[name]
  }
  return renamed
}

const camel = (flag: string) =>
  flag
    .replace(/^--/, '')
    .replace(/ .*$/, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const isText = (value: unknown): value is string => typeof value === 'string'
