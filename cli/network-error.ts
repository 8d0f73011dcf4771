/** A request that nobody answered, in our words: one wording for every service and every HTTP library. */
import { AppError, type ErrorCode, systemCode } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'

/** Who should have answered. Names the error codes: `issuer-unreachable`, `vault-unreachable`. */
export type Service = 'issuer' | 'api' | 'graph' | 'vault'

const NAMES: Readonly<Record<Service, string>> = {
  issuer: 'the issuer',
  api: 'the todo API',
  graph: 'Microsoft Graph',
  vault: 'the key vault',
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name can not be looked up now',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS',
  // The same, where the connection leads through a proxy.
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
}

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT_ALTNAME)/

/** True for a TLS certificate that is not trusted: trying again can not help. */
export const isUntrusted = (error: unknown): boolean => UNTRUSTED.test(systemCode(error) ?? '')

/** What can be said of a failure: why, and what to do. */
type Told = readonly [reason: string, hint: string]

const WHERE_FROM = 'see where the address comes from: todo-cli config list'

/** @returns `…-unreachable` or `tls-untrusted`, naming the service and its origin only */
export function networkError(error: Error, service: Service, address: string, timeoutMs: number): AppError {
  const { origin, hostname } = new URL(address)
  const who = NAMES[service]
  if (isUntrusted(error)) {
    const [reason, hint] = distrust(systemCode(error) ?? '')
    const message = `the TLS certificate of ${who} at ${origin} is not trusted: ${reason}`
    return new AppError('tls-untrusted', message, { hint, cause: error })
  }
  const unreachable: ErrorCode = `${service}-unreachable`
  const [reason, hint] = proxys(error, address) ?? silence(error, timeoutMs, hostname)
  return new AppError(unreachable, `can not reach ${who} at ${origin}: ${reason}`, { hint, cause: error })
}

function distrust(code: string): Told {
  if (code === 'CERT_HAS_EXPIRED') {
    const hint = "if this machine's clock is right (date -u), whoever runs that server must renew it"
    return ['its certificate, or that of its CA, has expired', hint]
  }
  if (code === 'CERT_NOT_YET_VALID')
    return ['its certificate is not valid yet', "set this machine's clock: sudo timedatectl set-ntp true"]
  if (code.startsWith('ERR_TLS')) return ['it is for another host name', WHERE_FROM]
  return [
    'its CA is not known here',
    'if its CA is your own, name the CA file: todo-cli config set caFile FILE (or --ca-file FILE, or the variable NODE_EXTRA_CA_CERTS)',
  ]
}

function silence(error: Error, timeoutMs: number, hostname: string): Told {
  const code = systemCode(error) ?? ''
  const local = 'if it is the local tenant: todo-cli local start'
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return [`no answer within ${timeoutMs / 1000} s`, `give it longer: --timeout 60s; or ${WHERE_FROM}`]
  return [
    REASONS[code] ?? `the connection failed${code === '' ? '' : ` (${code})`}`,
    isLoopbackHost(hostname) ? local : `${WHERE_FROM}; and if there is a proxy, set HTTPS_PROXY`,
  ]
}

/** What a proxy did; undefined where none is to blame. */
function proxys(error: Error, address: string): Told | undefined {
  const status = proxyStatus(error)
  if (status === 407) {
    return [
      'the proxy (HTTPS_PROXY) wants a user name and a password (407)',
      'export HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT (what is special in them written as %40)',
    ]
  }
  if (systemCode(error) === 'ERR_PROXY_TUNNEL') {
    const host = new URL(address).hostname
    return [
      `the proxy (HTTPS_PROXY) refused the connection${status === undefined ? '' : ` (${status})`}`,
      `have it let ${host} through, or go without it: export NO_PROXY=${host}`,
    ]
  }
  if (!isProxys(error, address)) return undefined
  const around = `export NO_PROXY=${new URL(address).hostname}`
  return [
    'the proxy does not answer',
    `see which it is: env | grep -i _proxy (HTTPS_PROXY); or go without it: ${around}`,
  ]
}

/** The status of the answer to CONNECT. */
function proxyStatus(error: unknown, depth = 0): number | undefined {
  if (!(error instanceof Error) || depth > 8) return undefined
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (code === 'ERR_PROXY_TUNNEL' && typeof statusCode === 'number') return statusCode
  return proxyStatus(error.cause, depth + 1)
}

/** True where what failed was the way to another port, or the look-up of another name, than the service's: the proxy's. */
function isProxys(error: unknown, address: string): boolean {
  const { hostname, port, protocol } = new URL(address)
  const tried = triedIn(error)
  if (tried.hostname !== undefined) return tried.hostname !== hostname
  return tried.port !== undefined && String(tried.port) !== (port || (protocol === 'https:' ? '443' : '80'))
}

/**
 * The port that Node tells with a failed connection, the name with a failed look-up; an AggregateError has one for each
 * address that was tried.
 */
function triedIn(error: unknown, depth = 0): { port?: number; hostname?: string } {
  if (!(error instanceof Error) || depth > 8) return {}
  const { port, hostname } = error as { port?: unknown; hostname?: unknown }
  if (typeof port === 'number') return { port }
  if (typeof hostname === 'string') return { hostname }
  const [first] = error instanceof AggregateError ? error.errors : []
  return { ...triedIn(error.cause, depth + 1), ...triedIn(first, depth + 1) }
}
