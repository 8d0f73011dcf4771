/** What a command may use: lazy values, wired once, in visible order. */
import { createHash } from 'node:crypto'
import type { AppError } from '../core/errors.ts'
import type { Agents } from './agents.ts'
import type { Plugins } from './auth/sources/plugins.ts'
import type { CertificateSource, SourceDeps } from './auth/sources/source.ts'
import type { Tokens } from './auth/tokens.ts'
import { readCaFile } from './ca-file.ts'
import { readEnvFile } from './env-file.ts'
import { type Home, homeOf } from './home.ts'
import type { Http } from './http.ts'
import { type Io, Output, wantsColor } from './io.ts'
import { pluginNames } from './plugin-names.ts'
import { pickProfile, readProfiles } from './profiles.ts'
import { proxyEnv } from './proxy-env.ts'
import {
  millisecondsOf,
  PLUGINS,
  resolveSettings,
  SETTINGS,
  type SettingInputs,
  type SettingSpec,
  type SettingValues,
} from './settings.ts'
import type { TodoClient } from './todo-client.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** How this program was started, so that it can start itself in the background. */
export interface ProgramFile {
  readonly execPath: string
  readonly entry: string
  readonly pid: number
}

/** The parsed flags of a command, by commander's camel-case names. */
export type Flags = Readonly<Record<string, unknown>>

export interface Context {
  readonly io: Io
  readonly out: Output
  readonly env: Env
  readonly home: Home
  readonly program: ProgramFile
  /** The profile that `--profile` names. */
  readonly profileName: string | undefined
  /** The settings of the table, those of the source that `--auth` names, and `more`. */
  settings(more?: readonly SettingSpec[]): Promise<SettingValues>
  /** The settings of `specs` as they were given, a value that can not be used being reported to `onInvalid`. */
  settingsAsGiven(specs: readonly SettingSpec[], onInvalid: (error: AppError) => void): Promise<SettingValues>
  /** The plugins that the profile names. None of them is loaded by this. */
  plugins(): Promise<Plugins>
  /** PEM of the CAs that `caFile` names. */
  caPem(): Promise<string | undefined>
  /** The connections of whatever asks somebody over the network. */
  agents(): Promise<Agents>
  http(): Promise<Http>
  /** The source that `--auth` names (undefined for a client secret and for a user), and what a source is lent. */
  source(): Promise<{ readonly source: CertificateSource | undefined; readonly deps: SourceDeps }>
  tokens(): Promise<Tokens>
  todos(): Promise<TodoClient>
  /** Closes what was opened. */
  close(): Promise<void>
}

export interface ContextInputs {
  readonly io: Io
  readonly env: Env
  readonly flags: Flags
  readonly program: ProgramFile
}

export function createContext({ io, env, flags, program }: ContextInputs): Context {
  const { json, quiet, verbose, color, profile, envFile, cache } = flags
  const colored = (isTTY: boolean | undefined) => wantsColor(color === false ? false : undefined, env, isTTY)
  const out = new Output(io, {
    json: json === true,
    quiet: quiet === true,
    verbose: verbose === true,
    erases: env.TERM !== 'dumb',
    colors: { stdout: colored(io.stdout.isTTY), stderr: colored(io.stderr.isTTY) },
  })
  const home = homeOf(env)
  const profileName = typeof profile === 'string' ? profile : env.TODO_CLI_PROFILE || undefined

  const inputs = once(
    async (): Promise<SettingInputs> => ({
      flags,
      env,
      envFile: await readEnvFile(envFile, env),
      profile: pickProfile(await readProfiles(home.profiles), profileName),
    }),
  )
  const plugins = once(async () => ({
    folder: home.plugins,
    // Alone: whatever is wrong with another setting, this one can be read.
    names: pluginNames(resolveSettings([PLUGINS], await inputs()).get('plugins') ?? ''),
  }))
  const named = once(async (): Promise<CertificateSource | undefined> => {
    const auth = resolveSettings(SETTINGS, await inputs()).need('auth')
    if (auth === 'secret' || auth === 'user') return undefined
    const { sourceNamed } = await import('./auth/sources/registry.ts')
    return sourceNamed(auth, await plugins())
  })
  const settings = async (more: readonly SettingSpec[] = []) => {
    const own = (await named())?.settings ?? []
    const added = more.filter(({ key }) => !own.some((spec) => spec.key === key))
    return resolveSettings([...SETTINGS, ...own, ...added], await inputs())
  }
  const caPem = once(async () => {
    const caFile = resolveSettings(SETTINGS, await inputs()).get('caFile')
    return caFile === undefined ? undefined : readCaFile(caFile)
  })
  const agents = once(async () => {
    const { createAgents } = await import('./agents.ts')
    return createAgents({ caPem: await caPem(), proxyEnv: proxyEnv(env) })
  })
  const http = once(async () => {
    const { createHttp } = await import('./http.ts')
    const timeoutMs = millisecondsOf((await settings()).need('timeout'))
    const http = createHttp({
      agents: await agents(),
      timeoutMs,
      signal: io.signal,
      trace: (line) => out.trace(line),
    })
    return withProgress(http, out)
  })
  const source = once(async () => {
    const deps: SourceDeps = {
      caPem: await caPem(),
      proxyEnv: proxyEnv(env),
      agents: await agents(),
      signal: io.signal,
      warn: (line) => out.warn(line),
      trace: (line) => out.trace(line),
    }
    return { source: await named(), deps }
  })
  const tokens = once(async () => {
    const [{ createTokens }, { TokenCache }] = await Promise.all([
      import('./auth/tokens.ts'),
      import('./auth/token-cache.ts'),
    ])
    const { source: certificates, deps } = await source()
    const common = {
      ...deps,
      settings: await settings(),
      http: await http(),
      cache: cache === false ? undefined : new TokenCache(home.tokens, deps.warn),
      trust: trustOf(deps.caPem, env),
    }
    if (common.settings.get('auth') === 'user') {
      const { createUserTokens } = await import('./auth/user.ts')
      return withProgressOf(createUserTokens({ ...common, folder: home.tokens }), out)
    }
    return withProgressOf(createTokens({ ...common, source: certificates }), out)
  })
  const todos = once(async () => {
    const { createTodoClient } = await import('./todo-client.ts')
    const endpoint = (await settings()).need('apiEndpoint')
    return createTodoClient({ http: await http(), tokens: await tokens(), endpoint })
  })
  return {
    io,
    out,
    env,
    home,
    program,
    profileName,
    settings,
    plugins,
    settingsAsGiven: async (specs, onInvalid) => resolveSettings(specs, await inputs(), onInvalid),
    caPem,
    agents,
    http,
    source,
    tokens,
    todos,
    async close() {
      if (agents.started())
        await agents().then(
          (opened) => opened.close(),
          () => {},
        )
    },
  }
}

/** Through whom the issuer is reached: a token got through one CA or proxy is not used with another. */
function trustOf(caPem: string | undefined, env: Env): string {
  const parts = [caPem ?? '', env.NODE_EXTRA_CA_CERTS ?? '', ...Object.entries(proxyEnv(env)).flat()]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** Says on a terminal which host is waited for. */
function withProgress(http: Http, out: Output): Http {
  return {
    close: () => http.close(),
    send(service, request) {
      const host = URL.canParse(request.url) ? new URL(request.url).host : service
      return out.during(`waiting for ${host} …`, () => http.send(service, request))
    },
  }
}

/** Covers what is not over our HTTP, a vault that signs for instance, and waiting for another process. */
function withProgressOf(tokens: Tokens, out: Output): Tokens {
  return { get: (refused) => out.during('getting an access token …', () => tokens.get(refused)) }
}

/** A value that is made at its first use, and only then. */
function once<T>(make: () => Promise<T>): (() => Promise<T>) & { started(): boolean } {
  let made: Promise<T> | undefined
  const get = () => {
    made ??= make()
    return made
  }
  return Object.assign(get, { started: () => made !== undefined })
}
