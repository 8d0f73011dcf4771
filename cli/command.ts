/** How a command is declared: once, for parsing, for its help and for the tests that run its examples. */
import type { Command } from 'commander'
import type { Context, Flags } from './context.ts'
import { HINTS } from './report.ts'
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
  /** `[flags, description]` as commander takes them. */
  readonly options?: readonly (readonly [flags: string, description: string])[]
  readonly examples: readonly string[]
  /** Exit codes other than 0, with their meaning here. */
  readonly exitCodes?: ExitCodes
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

export function addVerb(noun: Command, verb: Verb, launch: Launch): void {
  const { usage, summary, settings = [], options = [], hidden = false, load } = verb
  const command = noun.command(usage, { hidden }).description(summary)
  for (const [flags, description] of options) command.option(withValue(flags), description)
  for (const { flag, help, variable, default: fallback } of settings) {
    if (flag === undefined) continue
    const where = variable ? ` (${variable}${fallback ? `, default ${fallback}` : ''})` : ''
    command.option(withValue(flag), `${help}${where}`)
  }
  command.addHelpText('after', () => epilogue(command, verb))
  command.action(async (...parsed: unknown[]) => {
    await launch(
      load,
      parsed.slice(0, -2).flat().filter(isText),
      camelToKey(command.optsWithGlobals(), settings),
    )
  })
  hintAt(command)
}

/** Usage errors below `command` end in the help of that command. */
export function hintAt(command: Command): void {
  command.exitOverride((error) => {
    HINTS.set(error, `${pathOf(command)} --help`)
    throw error
  })
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

function epilogue(command: Command, { examples, exitCodes = [] }: Verb): string {
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

/** `--out FOLDER` as commander wants it: `--out <FOLDER>`. */
export const withValue = (flags: string) => flags.replace(/ ([A-Z]+)$/, ' <$1>')

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
