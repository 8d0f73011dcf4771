import { AppError } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { type Permission, READ, WRITE } from '../core/permissions.ts'
import { readCertificates, readTls } from './config-files.ts'
import type { LogRecord } from './log.ts'

/** All that the API is told. Nothing else is read from the environment. */
export interface ApiConfig {
  readonly tenantId: string
  /** `https://host/<tenant id>`, no slash at the end; discovery is below its `/v2.0`. */
  readonly authority: string
  /** The API's own client id. Tokens for it have this as audience, or `api://<client id>`. */
  readonly clientId: string
  /** 0: any that is free. */
  readonly port: number
  /** Left out: 127.0.0.1. Anything but loopback needs TLS, or `tlsTerminated`. */
  readonly host?: string | undefined
  readonly tls?: { readonly certPem: string; readonly keyPem: string } | undefined
  /** A proxy in front ends TLS (Azure App Service): plain HTTP is then served off loopback too. */
  readonly tlsTerminated?: boolean
  /** `sqlite:<file>`, `sqlite::memory:` or `postgres://…`. */
  readonly databaseUrl: string
  /** Origins of web pages that may call. Empty: none. */
  readonly corsOrigins: readonly string[]
  /** Client ids of apps that may call. Empty: any that the tenant issues a token to. */
  readonly allowedClients: readonly string[]
  /** Tenants whose tokens are accepted. Empty: `tenantId` only. */
  readonly allowedTenants: readonly string[]
  /** An extra CA for requests to the issuer: the local tenant's. */
  readonly caPem?: string | undefined
  /** For requests to the issuer. */
  readonly proxy?: { readonly HTTPS_PROXY?: string; readonly NO_PROXY?: string } | undefined
  /** An app that finds no todo at all gets the sample's three. On in the demo only. */
  readonly seedExamples: boolean
  /** v1.0 tokens of `https://sts.windows.net/<tenant id>/` are accepted too. */
  readonly acceptV1Tokens?: boolean
  /** What reading and writing take, where they are not the sample's names. */
  readonly permissions?: { readonly read: Permission; readonly write: Permission }
  /** Requests a minute for each client app; 0: no limit. Never limits on loopback. Default 600. */
  readonly rateLimitPerMinute?: number
  /** `/metrics` is answered. Left out: on loopback only. */
  readonly exposeMetrics?: boolean | undefined
  /** How long known keys keep working while the issuer is down. Default 24 hours. */
  readonly keepKeysForMs?: number | undefined
  /** Gets each structured log record. It never has a token in it. */
  readonly log?: (record: LogRecord) => void
}

type Environment = Readonly<Record<string, string | undefined>>

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * Reads the API's configuration out of variables (commands.md names them). Every mistake is listed at once.
 *
 * @throws AppError `server-config-invalid`
 */
export async function readConfig(env: Environment): Promise<ApiConfig> {
  const mistakes: string[] = []
  const known = new Set<string>()
  const value = (name: string) => {
    known.add(name)
    return env[name]?.trim() || undefined
  }
  const flag = (name: string) => oneOf(name, value(name), mistakes)
  const guid = (name: string) => {
    const text = value(name)
    if (text === undefined) mistakes.push(`${name} is missing`)
    else if (!GUID.test(text)) mistakes.push(`${name} is not a GUID`)
    return (text ?? '').toLowerCase()
  }

  const tenantId = guid('TODO_API_TENANT_ID')
  const clientId = guid('TODO_API_CLIENT_ID')
  const tls = await readTls(value('TODO_API_TLS_CERT_FILE'), value('TODO_API_TLS_KEY_FILE'), mistakes)
  const caPem = await readCertificates('TODO_API_CA_FILE', value('TODO_API_CA_FILE'), mistakes)
  const config: ApiConfig = {
    tenantId,
    clientId,
    authority: readAuthority(value('TODO_API_AUTHORITY'), tenantId, mistakes),
    port: readNumber('TODO_API_PORT', value('TODO_API_PORT') ?? '44351', [0, 65_535], mistakes),
    host: value('TODO_API_HOST'),
    tls,
    tlsTerminated: flag('TODO_API_TLS_TERMINATED'),
    databaseUrl: readDatabaseUrl(value('DATABASE_URL'), mistakes),
    corsOrigins: readOrigins(list(value('TODO_API_CORS_ORIGINS')), mistakes),
    allowedClients: readGuids('TODO_API_ALLOWED_CLIENTS', value('TODO_API_ALLOWED_CLIENTS'), mistakes),
    allowedTenants: readGuids('TODO_API_ALLOWED_TENANTS', value('TODO_API_ALLOWED_TENANTS'), mistakes),
    caPem,
    proxy: readProxy(value, mistakes),
    seedExamples: flag('TODO_API_SEED_EXAMPLES'),
    acceptV1Tokens: flag('TODO_API_ACCEPT_V1_TOKENS'),
    permissions: {
      read: {
        scopes: list(value('TODO_API_READ_SCOPES'), READ.scopes),
        roles: list(value('TODO_API_READ_ROLES'), READ.roles),
      },
      write: {
        scopes: list(value('TODO_API_WRITE_SCOPES'), WRITE.scopes),
        roles: list(value('TODO_API_WRITE_ROLES'), WRITE.roles),
      },
    },
    rateLimitPerMinute: readNumber(
      'TODO_API_RATE_LIMIT',
      value('TODO_API_RATE_LIMIT') ?? '600',
      [0, 1e9],
      mistakes,
    ),
    exposeMetrics:
      value('TODO_API_EXPOSE_METRICS') === undefined ? undefined : flag('TODO_API_EXPOSE_METRICS'),
    keepKeysForMs:
      1000 *
      readNumber(
        'TODO_API_KEEP_KEYS_SECONDS',
        value('TODO_API_KEEP_KEYS_SECONDS') ?? '86400',
        // Less, and the keys that were just fetched would end before the next request.
        [60, 604_800],
        mistakes,
      ),
  }
  // A list of allowed clients under a name with a slip of the pen in it would let in everybody.
  for (const name of Object.keys(env))
    if (name.startsWith('TODO_API_') && !known.has(name)) mistakes.push(`${name} is not known`)
  mistakes.push(...exposureMistakes(config))
  if (mistakes.length > 0) {
    throw new AppError('server-config-invalid', mistakes.join('; '), {
      hint: 'see the variables: todo-api --help; or start it with a local tenant: todo-cli local start',
    })
  }
  return config
}

/** True when only this machine can reach the API. */
export function isLocalOnly({ host = '127.0.0.1' }: Pick<ApiConfig, 'host'>): boolean {
  return isLoopbackHost(host)
}

/** Bearer tokens over plain HTTP are refused where others could read them. */
export function exposureMistakes(config: Pick<ApiConfig, 'host' | 'tls' | 'tlsTerminated'>): string[] {
  if (isLocalOnly(config) || config.tls !== undefined || config.tlsTerminated) return []
  return [
    `TODO_API_HOST ${config.host} is not loopback and there is no TLS: set TODO_API_TLS_CERT_FILE and TODO_API_TLS_KEY_FILE, or TODO_API_TLS_TERMINATED=true behind a proxy that ends TLS`,
  ]
}

function list(text: string | undefined, otherwise: readonly string[] = []): readonly string[] {
  return text === undefined ? otherwise : text.split(/[\s,]+/).filter(Boolean)
}

function oneOf(name: string, text: string | undefined, mistakes: string[]): boolean {
  if (text !== undefined && !/^(true|false|1|0)$/i.test(text))
    mistakes.push(`${name} is neither true nor false`)
  return /^(true|1)$/i.test(text ?? '')
}

function readNumber(
  name: string,
  text: string,
  [min, max]: readonly [min: number, max: number],
  mistakes: string[],
): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= min && number <= max)) mistakes.push(`${name} is not a number from ${min} to ${max}`)
  return number
}

function readGuids(name: string, text: string | undefined, mistakes: string[]): string[] {
  const guids = list(text)
  if (!guids.every((guid) => GUID.test(guid))) mistakes.push(`${name} has something that is not a GUID`)
  return guids.map((guid) => guid.toLowerCase())
}

function readAuthority(text: string | undefined, tenantId: string, mistakes: string[]): string {
  if (text === undefined) return `https://login.microsoftonline.com/${tenantId}`
  const name = 'TODO_API_AUTHORITY'
  if (!URL.canParse(text)) {
    mistakes.push(`${name} is not an address`)
    return ''
  }
  const url = new URL(text)
  const loopback = url.protocol === 'http:' && isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !loopback) mistakes.push(`${name} does not start with https://`)
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    mistakes.push(`${name} has more than host and tenant`)
  const path = url.pathname.replace(/\/+$/, '')
  if (path !== '' && path.toLowerCase() !== `/${tenantId}`) {
    mistakes.push(`${name} names another tenant than TODO_API_TENANT_ID`)
  }
  return `${url.origin}/${tenantId}`
}

function readDatabaseUrl(text: string | undefined, mistakes: string[]): string {
  if (text === undefined) mistakes.push('DATABASE_URL is missing (sqlite:<file>, or postgres://…)')
  else if (!/^(sqlite:.|postgres(ql)?:\/\/)/.test(text)) {
    mistakes.push('DATABASE_URL is neither sqlite:<file> nor postgres://…')
  } else if (!text.startsWith('sqlite:') && !isPostgresUrl(text)) {
    // Never the value: it may have a password in it.
    mistakes.push('DATABASE_URL is no address: in user and password, write what is no letter or digit as %XX')
  }
  return text ?? ''
}

function isPostgresUrl(text: string): boolean {
  try {
    const { username, password, hostname, pathname, searchParams } = new URL(text)
    for (const part of [username, password, hostname, pathname]) decodeURIComponent(part)
    return /^\d*$/.test(searchParams.get('port') ?? '')
  } catch {
    return false
  }
}

function readOrigins(origins: readonly string[], mistakes: string[]): readonly string[] {
  const good = (origin: string) => URL.canParse(origin) && new URL(origin).origin === origin
  if (!origins.every(good)) {
    mistakes.push(
      'TODO_API_CORS_ORIGINS has something that is no origin (https://host, without a path; never *)',
    )
  }
  return origins
}

function readProxy(value: (name: string) => string | undefined, mistakes: string[]) {
  const [upper, lower] = [value('HTTPS_PROXY'), value('https_proxy')]
  const [except, exceptLower] = [value('NO_PROXY'), value('no_proxy')]
  const proxy = upper ?? lower
  if (proxy === undefined) return undefined
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol))
    mistakes.push('HTTPS_PROXY is not http://host:port')
  const noProxy = except ?? exceptLower
  return { HTTPS_PROXY: proxy, ...(noProxy === undefined ? {} : { NO_PROXY: noProxy }) }
}
