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
  ERR_PROXY_TUNNEL: 'the proxy (HTTPS_PROXY) refused the connection',
}

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT_ALTNAME)/

/** True for a TLS certificate that is not trusted: trying again can not help. */
export const isUntrusted = (error: unknown): boolean => UNTRUSTED.test(systemCode(error) ?? '')

/** @returns `…-unreachable` or `tls-untrusted`, naming the service and its origin only */
export function networkError(error: Error, service: Service, address: string, timeoutMs: number): AppError {
  const { origin, hostname } = new URL(address)
  const who = NAMES[service]
  const code = systemCode(error) ?? ''
  if (isUntrusted(error)) {
    const reason =
      code === 'CERT_HAS_EXPIRED'
        ? 'its certificate has expired'
        : code.startsWith('ERR_TLS')
          ? 'it is for another host name'
          : 'its CA is not known here'
    return new AppError(
      'tls-untrusted',
      `the TLS certificate of ${who} at ${origin} is not trusted: ${reason}`,
      {
        hint: 'if its CA is your own, name the CA file: --ca-file FILE, or the variable NODE_EXTRA_CA_CERTS',
        cause: error,
      },
    )
  }
  const unreachable: ErrorCode = `${service}-unreachable`
  if (isProxys(error, address)) {
    return new AppError(unreachable, `can not reach ${who} at ${origin}: the proxy does not answer`, {
      hint: 'check HTTPS_PROXY, or name the host in NO_PROXY',
      cause: error,
    })
  }
  const reason =
    error.name === 'TimeoutError' || error.name === 'AbortError'
      ? `no answer within ${timeoutMs / 1000} s`
      : (REASONS[code] ?? (code || 'the connection failed'))
  return new AppError(unreachable, `can not reach ${who} at ${origin}: ${reason}`, {
    hint: isLoopbackHost(hostname)
      ? 'if it is the local tenant: todo-cli local start'
      : 'check the address, and HTTPS_PROXY if there is a proxy',
    cause: error,
  })
}

/** True where the connection that failed was to another port than the service's: then it was to the proxy. */
function isProxys(error: unknown, address: string): boolean {
  const { port, protocol } = new URL(address)
  const tried = portOf(error)
  return tried !== undefined && String(tried) !== (port || (protocol === 'https:' ? '443' : '80'))
}

/** The port that Node tells with a failed connection; an AggregateError has one for each address that was tried. */
function portOf(error: unknown, depth = 0): number | undefined {
  if (!(error instanceof Error) || depth > 8) return undefined
  if ('port' in error && typeof error.port === 'number') return error.port
  const [first] = error instanceof AggregateError ? error.errors : []
  return portOf(first, depth + 1) ?? portOf(error.cause, depth + 1)
}
