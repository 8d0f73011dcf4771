/**
 * The SETTINGS table and the pure resolver.
 *
 * Each setting is described once; flags, help and messages are made from that. A value comes from a flag, a variable,
 * the profile or the default, in this order, and remembers which it was.
 */

import { AppError } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { parsePlugins } from './plugin-names.ts'

export interface SettingSpec {
  /** Its name in a profile. */
  readonly key: string
  /** `--client-id ID`: the flag with its placeholder. Absent for secrets, which are never on the command line. */
  readonly flag?: string
  /** Its variable: read as `TODO_CLI_<NAME>` first, then as it is. One that starts with `TODO_CLI_` is read so only. */
  readonly variable?: string
  readonly default?: string
  /** Never in a profile, never shown. */
  readonly secret?: boolean
  readonly help: string
  readonly parse?: SettingParser
}

/** Checks and normalises. Throws AppError `setting-invalid` or `insecure-url`, naming `label`. */
export interface SettingParser {
  (text: string, label: string): string
  /** All that it takes, where that is a list. */
  readonly words?: readonly string[]
}

/** Where a value came from, weakest first. `--profile NAME` makes its profile stronger than unprefixed variables. */
const ORIGINS = [
  'default',
  'profile',
  'variable',
  'named-profile',
  'env-file',
  'prefixed-variable',
  'flag',
] as const
export type Origin = (typeof ORIGINS)[number]

interface Setting {
  readonly value: string
  readonly origin: Origin
  /** For people: `--client-id`, `CLIENT_ID`, `profile local`. */
  readonly from: string
}

export interface SettingInputs {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The variables of the env file. */
  readonly envFile?: Readonly<Record<string, string | undefined>> | undefined
  readonly profile?:
    | { readonly name: string; readonly named: boolean; readonly values: Readonly<Record<string, string>> }
    | undefined
}

/** The resolved values of some specs. */
export class SettingValues {
  readonly #settings: ReadonlyMap<string, Setting>
  readonly #specs: ReadonlyMap<string, SettingSpec>

  constructor(specs: readonly SettingSpec[], settings: ReadonlyMap<string, Setting>) {
    this.#specs = new Map(specs.map((spec) => [spec.key, spec]))
    this.#settings = settings
  }

  get(key: string): string | undefined {
    return this.#settings.get(key)?.value
  }

  /** Where the value came from, for people. */
  from(key: string): string | undefined {
    return this.#settings.get(key)?.from
  }

  /** @throws AppError `setting-missing`, naming flag, variable and profile key */
  need(key: string): string {
    const value = this.get(key)
    if (value !== undefined) return value
    const spec = this.#specs.get(key)
    throw new AppError(
      'setting-missing',
      `${key} is not set${spec ? `: ${spec.help.charAt(0).toLowerCase()}${spec.help.slice(1)}` : ''}`,
      {
        hint: waysToSet(spec, key),
      },
    )
  }

  /** The one of these keys whose value came from the strongest origin. The first wins a tie. */
  strongest(...keys: string[]): string | undefined {
    const rank = (key: string) => ORIGINS.indexOf(this.#settings.get(key)?.origin ?? 'default')
    return keys
      .filter((key) => this.#settings.has(key))
      .reduce<string | undefined>(
        (best, key) => (best === undefined || rank(key) > rank(best) ? key : best),
        undefined,
      )
  }

  /** Every key with value and origin, in the order of the table; secrets are hidden. */
  *entries(): Generator<{ key: string; value: string | undefined; from: string | undefined }> {
    for (const { key, secret } of this.#specs.values()) {
      const setting = this.#settings.get(key)
      yield { key, value: secret && setting ? '(hidden)' : setting?.value, from: setting?.from }
    }
  }
}

function waysToSet(spec: SettingSpec | undefined, key: string): string {
  const ways = [
    spec?.flag,
    spec?.variable && `the variable ${spec.variable}`,
    spec?.secret ? undefined : `the profile key ${key} (todo-cli config set ${key} VALUE)`,
  ].filter((way) => way !== undefined)
  return `set it with ${ways.join(', or ')}`
}

/**
 * Resolves the specs. Pure: no file, no clock, no `process`.
 *
 * With `onInvalid` a value that can not be used is handed to it and kept as it was given, so that it can be shown.
 *
 * @throws AppError `setting-invalid`, `insecure-url`, without `onInvalid`
 */
export function resolveSettings(
  specs: readonly SettingSpec[],
  inputs: SettingInputs,
  onInvalid?: (error: AppError) => void,
): SettingValues {
  const settings = new Map<string, Setting>()
  for (const spec of specs) {
    const found = find(spec, inputs)
    if (!found) continue
    settings.set(spec.key, { ...found, value: parsed(spec, found, onInvalid) })
  }
  return new SettingValues(specs, settings)
}

function parsed(spec: SettingSpec, { value, origin, from }: Setting, onInvalid?: (error: AppError) => void) {
  try {
    return spec.parse ? spec.parse(value, origin === 'default' ? spec.key : `${spec.key} (${from})`) : value
  } catch (error) {
    if (onInvalid === undefined || !(error instanceof AppError)) throw error
    onInvalid(error)
    return value
  }
}

const PREFIX = 'TODO_CLI_'

function find(spec: SettingSpec, { flags, env, envFile, profile }: SettingInputs): Setting | undefined {
  const { key, flag, variable } = spec
  const prefixed = variable && (variable.startsWith(PREFIX) ? variable : `${PREFIX}${variable}`)
  const inProfile =
    profile && !spec.secret && Object.hasOwn(profile.values, key) ? profile.values[key] : undefined
  const fromProfile =
    inProfile !== undefined && profile ? { value: inProfile, from: `profile ${profile.name}` } : undefined
  const candidates: (Setting | undefined)[] = [
    flag !== undefined ? candidate(flags[key], 'flag', flag.split(' ')[0] as string) : undefined,
    prefixed ? candidate(env[prefixed], 'prefixed-variable', prefixed) : undefined,
    prefixed ? candidate(envFile?.[prefixed], 'env-file', `${prefixed} in the env file`) : undefined,
    variable && variable !== prefixed
      ? candidate(envFile?.[variable], 'env-file', `${variable} in the env file`)
      : undefined,
    profile?.named && fromProfile ? { ...fromProfile, origin: 'named-profile' } : undefined,
    variable && variable !== prefixed ? candidate(env[variable], 'variable', variable) : undefined,
    fromProfile ? { ...fromProfile, origin: 'profile' } : undefined,
    spec.default !== undefined ? { value: spec.default, origin: 'default', from: 'default' } : undefined,
  ]
  return candidates.find((each) => each !== undefined)
}

/** An empty variable counts as unset, as CI systems set them so; an empty flag is a mistake, which `parse` reports. */
function candidate(value: unknown, origin: Origin, from: string): Setting | undefined {
  if (typeof value !== 'string' || (value === '' && origin !== 'flag')) return undefined
  return { value, origin, from }
}

/** A parser for one word out of a list. */
export function oneOf(...words: readonly string[]): SettingParser {
  const parse = (text: string, label: string) => {
    if (words.includes(text)) return text
    throw new AppError('setting-invalid', `${label} can not be "${text.slice(0, 64)}"`, {
      hint: `take one of ${words.join(', ')}`,
    })
  }
  return Object.assign(parse, { words })
}

/** A parser for an https address; http only where `loopbackHttp`, and only on this machine. No trailing slash, query or user. */
export function webAddress({ loopbackHttp = false } = {}): (text: string, label: string) => string {
  return (text, label) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new AppError('setting-invalid', `${label} is not an address such as https://example.com/path`, {
        hint: URL.canParse(`https://${text}`)
          ? `use https://${text}`
          : 'give the whole address, https:// included',
      })
    }
    if (url.username || url.password || url.search || url.hash) {
      throw new AppError(
        'setting-invalid',
        `${label} is an address with a user name, a query or a fragment, which it can not have`,
        { hint: `use ${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}` },
      )
    }
    if (url.protocol === 'http:' && !(loopbackHttp && isLoopbackHost(url.hostname))) {
      throw new AppError(
        'insecure-url',
        `${label} starts with http://, which would send credentials in the clear`,
        {
          hint: `use https://${url.host}${url.pathname.replace(/\/$/, '')}`,
        },
      )
    }
    return url.href.replace(/\/+$/, '')
  }
}

/** A parser for durations: `30s`, `500ms`, `2m`; seconds where no unit is given. A day at most. */
export function duration(text: string, label: string): string {
  const milliseconds = millisecondsOf(text)
  if (milliseconds >= 1 && milliseconds <= 86_400_000) return text
  throw new AppError('setting-invalid', `${label} is not a time such as 30s`, {
    hint: 'write 30s, 500ms or 2m',
  })
}

/** The milliseconds of a duration; NaN for what is none. */
export function millisecondsOf(duration: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(duration) ?? []
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN
  return Math.round(Number(number) * factor)
}

/** A parser for text that must not be empty. */
export function text(value: string, label: string): string {
  if (value.trim() === '')
    throw new AppError('setting-invalid', `${label} is empty`, { hint: 'give it a value, or leave it out' })
  return value.trim()
}

/** Neither flag nor variable: only the user's own profile may say which code runs. */
export const PLUGINS: SettingSpec = {
  key: 'plugins',
  help: 'The npm packages of the plugins folder that bring certificate sources, with commas between',
  parse: parsePlugins,
}

/** The settings of every command that talks to the issuer, the API or Graph. Sources of certificates add their own. */
export const SETTINGS: readonly SettingSpec[] = [
  {
    key: 'auth',
    flag: '--auth METHOD',
    variable: 'TODO_CLI_AUTH',
    default: 'secret',
    help: 'How to authenticate: secret, cert, keyvault or user',
    parse: text,
  },
  {
    key: 'authority',
    flag: '--authority URL',
    variable: 'AUTHORITY',
    help: 'The issuer, https://login.microsoftonline.com/TENANT',
    parse: webAddress(),
  },
  { key: 'tenantId', flag: '--tenant-id ID', variable: 'TENANT_ID', help: 'The tenant id', parse: text },
  {
    key: 'clientId',
    flag: '--client-id ID',
    variable: 'CLIENT_ID',
    help: 'The client id of the app',
    parse: text,
  },
  {
    key: 'userClientId',
    flag: '--user-client-id ID',
    variable: 'TODO_CLI_USER_CLIENT_ID',
    help: 'The public client that users sign in with, where it is not the app',
    parse: text,
  },
  { key: 'clientSecret', variable: 'CLIENT_SECRET', secret: true, help: 'The client secret' },
  {
    key: 'clientSecretFile',
    flag: '--client-secret-file FILE',
    variable: 'CLIENT_SECRET_FILE',
    help: 'The 0600 file that holds the client secret',
    parse: text,
  },
  {
    key: 'scopes',
    flag: '--scopes SCOPE',
    variable: 'SCOPES',
    help: 'The scope of the API, api://<API client id>/.default',
    parse: text,
  },
  {
    key: 'apiEndpoint',
    flag: '--api-endpoint URL',
    variable: 'API_ENDPOINT',
    default: 'https://localhost:44351/api/todolist',
    help: 'The address of the todo API',
    parse: webAddress({ loopbackHttp: true }),
  },
  {
    key: 'graphUrl',
    flag: '--graph-url URL',
    variable: 'TODO_CLI_GRAPH_URL',
    default: 'https://graph.microsoft.com/v1.0',
    help: 'The address of Microsoft Graph',
    parse: webAddress(),
  },
  {
    key: 'assertionAlg',
    flag: '--assertion-alg ALG',
    variable: 'TODO_CLI_ASSERTION_ALG',
    default: 'PS256',
    help: 'How the client assertion is signed: PS256 (x5t#S256) or RS256 (x5t)',
    parse: oneOf('PS256', 'RS256'),
  },
  PLUGINS,
  {
    key: 'caFile',
    flag: '--ca-file FILE',
    variable: 'TODO_CLI_CA_FILE',
    help: 'A PEM file of CAs to trust beside the built-in ones',
    parse: text,
  },
  {
    key: 'timeout',
    flag: '--timeout TIME',
    variable: 'TODO_CLI_TIMEOUT',
    default: '30s',
    help: 'The longest that one request may take',
    parse: duration,
  },
]
