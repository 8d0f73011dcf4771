/**
 * One got instance for issuer, API and Graph: extra CAs, proxy, time-outs, retries, and errors translated at this edge.
 *
 * Redirects are never followed: a token, an assertion or an Authorization header must not travel to where an answer
 * points. TLS verification is never turned off.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { getCACertificates } from 'node:tls'
import type { Got, RequestError } from 'got'
import { AppError, type ErrorCode, systemCode } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'

/** Who answers. Names the error codes: `issuer-unreachable`, `api-unreachable`, `graph-unreachable`. */
export type Service = 'issuer' | 'api' | 'graph'

export interface HttpOptions {
  /** PEM of CAs to trust beside the built-in ones and those of NODE_EXTRA_CA_CERTS. */
  readonly caPem?: string | undefined
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, as everywhere. */
  readonly proxyEnv: Readonly<Record<string, string | undefined>>
  /** The longest that one request may take, in milliseconds. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Told of each exchange: method, URL without its query, status, milliseconds. */
  trace(line: string): void
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** True where doing it twice does no harm, so that a POST may be retried. GET always is. */
  readonly repeatable?: boolean
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Http {
  /** Sends one request. Any status is an answer. @throws AppError `…-unreachable`, `tls-untrusted`, `interrupted` */
  send(service: Service, request: HttpRequest): Promise<HttpAnswer>
  /** Closes kept-alive connections, so that the process can end. */
  close(): void
}

/** The most that an answer may hold, in characters. */
const ANSWER_MAX = 16 * 1024 * 1024

export function createHttp(options: HttpOptions): Http {
  const { caPem, proxyEnv, timeoutMs, signal, trace } = options
  const ca = caPem === undefined ? undefined : [...getCACertificates('default'), caPem]
  const agents = {
    http: new HttpAgent({ keepAlive: true, proxyEnv }),
    https: new HttpsAgent({ keepAlive: true, proxyEnv, ...(ca ? { ca } : {}) }),
  }
  let instance: Promise<Got> | undefined
  const load = () => {
    instance ??= import('got').then(({ default: got }) =>
      got.extend({
        agent: agents,
        followRedirect: false,
        throwHttpErrors: false,
        timeout: { request: timeoutMs },
        retry: {
          limit: 2,
          statusCodes: [429, 502, 503, 504],
          errorCodes: ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'ENETUNREACH'],
          maxRetryAfter: timeoutMs,
        },
        ...(ca ? { https: { certificateAuthority: ca } } : {}),
      }),
    )
    return instance
  }
  return {
    async send(service, { method, url, headers = {}, body, repeatable = method === 'GET' }) {
      if (signal.aborted) throw new AppError('interrupted', 'interrupted')
      const got = await load()
      const started = performance.now()
      const shown = `${method} ${url.split('?')[0]}`
      try {
        const answer = await got(url, {
          method,
          headers,
          signal,
          ...(body === undefined ? {} : { body }),
          retry: { methods: repeatable ? [method] : [] },
        }).on('downloadProgress', ({ transferred }) => {
          if (transferred > ANSWER_MAX) throw new RangeError('the answer is too large')
        })
        trace(`${shown} ${answer.statusCode} ${Math.round(performance.now() - started)} ms`)
        return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body }
      } catch (error) {
        trace(
          `${shown} failed: ${systemCode(error) ?? (error as Error).name} ${Math.round(performance.now() - started)} ms`,
        )
        throw toAppError(error as RequestError, service, url, options)
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  )
}

const NAMES: Readonly<Record<Service, string>> = {
  issuer: 'the issuer',
  api: 'the todo API',
  graph: 'Microsoft Graph',
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

function toAppError(
  error: Error,
  service: Service,
  address: string,
  { timeoutMs, signal }: HttpOptions,
): AppError {
  const { origin, hostname } = new URL(address)
  const who = NAMES[service]
  const code = systemCode(error) ?? ''
  if (signal.aborted) return new AppError('interrupted', 'interrupted', { cause: error })
  if (UNTRUSTED.test(code)) {
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
  const reason =
    error.name === 'TimeoutError'
      ? `no answer within ${timeoutMs / 1000} s`
      : (REASONS[code] ?? (code || 'the connection failed'))
  const unreachable: ErrorCode = `${service}-unreachable`
  return new AppError(unreachable, `can not reach ${who} at ${origin}: ${reason}`, {
    hint: isLoopbackHost(hostname)
      ? 'if it is the local tenant: todo-cli local start'
      : 'check the address, and HTTPS_PROXY if there is a proxy',
    cause: error,
  })
}
