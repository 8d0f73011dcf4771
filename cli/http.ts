/**
 * One got instance for issuer, API and Graph: extra CAs, proxy, time-outs, retries, and errors translated at this edge.
 *
 * Redirects are never followed: a token, an assertion or an Authorization header must not travel to where an answer
 * points. TLS verification is never turned off.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Got } from 'got'
import { AppError, systemCode } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { networkError, type Service } from './network-error.ts'
import { trustedCas } from './trust.ts'

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

/** The most that an answer may hold, in megabytes. */
const ANSWER_MAX_MB = 16

export function createHttp(options: HttpOptions): Http {
  const { caPem, proxyEnv, timeoutMs, signal, trace } = options
  const ways = new Map<boolean, Way>()
  const wayTo = (hostname: string) => {
    const loopback = isLoopbackHost(hostname)
    const way = ways.get(loopback) ?? createWay(trustedCas(caPem, hostname), proxyEnv)
    ways.set(loopback, way)
    return way
  }
  let instance: Promise<Got> | undefined
  const load = () => {
    instance ??= import('got').then(({ default: got }) =>
      got.extend({
        followRedirect: false,
        throwHttpErrors: false,
        timeout: { request: timeoutMs },
        retry: {
          limit: 2,
          statusCodes: [429, 502, 503, 504],
          errorCodes: ['ECONNRESET', 'EPIPE', 'EAI_AGAIN', 'ENETUNREACH'],
          maxRetryAfter: timeoutMs,
        },
      }),
    )
    return instance
  }
  return {
    async send(service, { method, url, headers = {}, body, repeatable = method === 'GET' }) {
      if (signal.aborted) throw new AppError('interrupted', 'interrupted')
      const got = await load()
      const tooLarge = new AbortController()
      const started = performance.now()
      const shown = `${method} ${url.split('?')[0]}`
      try {
        const answer = await got(url, {
          ...wayTo(new URL(url).hostname),
          method,
          headers,
          signal: AbortSignal.any([signal, tooLarge.signal]),
          ...(body === undefined ? {} : { body }),
          retry: { methods: repeatable ? [method] : [] },
        }).on('downloadProgress', ({ transferred }) => {
          if (transferred > ANSWER_MAX_MB * 1024 * 1024) tooLarge.abort()
        })
        trace(`${shown} ${answer.statusCode} ${Math.round(performance.now() - started)} ms`)
        return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body }
      } catch (error) {
        trace(
          `${shown} failed: ${systemCode(error) ?? (error as Error).name} ${Math.round(performance.now() - started)} ms`,
        )
        if (signal.aborted) throw new AppError('interrupted', 'interrupted', { cause: error })
        if (tooLarge.signal.aborted) throw tooLargeAnswer(service, url, error)
        throw networkError(error as Error, service, url, timeoutMs)
      }
    },
    close() {
      for (const { agent } of ways.values()) {
        agent.http.destroy()
        agent.https.destroy()
      }
    },
  }
}

/** The agents that lead to a host, and the CAs that are trusted there, as got takes them. */
type Way = ReturnType<typeof createWay>

function createWay(ca: string[] | undefined, proxyEnv: HttpOptions['proxyEnv']) {
  const agent = {
    http: new HttpAgent({ keepAlive: true, proxyEnv }),
    https: new HttpsAgent({ keepAlive: true, proxyEnv, ...(ca ? { ca } : {}) }),
  }
  return { agent, ...(ca ? { https: { certificateAuthority: ca } } : {}) }
}

const NOT_AN_ANSWER = {
  issuer: 'issuer-invalid',
  api: 'api-answer-invalid',
  graph: 'graph-failed',
  vault: 'vault-failed',
} as const

function tooLargeAnswer(service: Service, url: string, cause: unknown): AppError {
  return new AppError(
    NOT_AN_ANSWER[service],
    `the answer from ${new URL(url).origin} is larger than ${ANSWER_MAX_MB} MB`,
    { hint: 'check the address: todo-cli config list', cause },
  )
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  )
}
