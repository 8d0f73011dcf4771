/**
 * One got instance for issuer, API and Graph: extra CAs, proxy, time-outs, retries, and errors translated at this edge.
 *
 * Redirects are never followed: a token, an assertion or an Authorization header must not travel to where an answer
 * points. TLS verification is never turned off.
 */
import type { Got } from 'got'
import { AppError, systemCode } from '../core/errors.ts'
import { type Agents, type AgentsOptions, createAgents } from './agents.ts'
import { networkError, type Service } from './network-error.ts'

export interface HttpOptions extends AgentsOptions {
  /** The connections, where others use them, too. Closed with this. */
  readonly agents?: Agents
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
  const { timeoutMs, signal, trace } = options
  const agents = options.agents ?? createAgents(options)
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
      // Not `performance`, which Node.js loads at its first use.
      const started = Date.now()
      const shown = `${method} ${url.split('?')[0]}`
      try {
        const answer = await got(url, {
          ...wayOf(agents, new URL(url).hostname),
          method,
          headers,
          signal: AbortSignal.any([signal, tooLarge.signal]),
          ...(body === undefined ? {} : { body }),
          retry: { methods: repeatable ? [method] : [] },
        }).on('downloadProgress', ({ transferred }) => {
          if (transferred > ANSWER_MAX_MB * 1024 * 1024) tooLarge.abort()
        })
        trace(`${shown} ${answer.statusCode} ${Date.now() - started} ms`)
        return { status: answer.statusCode, headers: flat(answer.headers), body: answer.body }
      } catch (error) {
        trace(`${shown} failed: ${systemCode(error) ?? (error as Error).name} ${Date.now() - started} ms`)
        if (signal.aborted) throw new AppError('interrupted', 'interrupted', { cause: error })
        if (tooLarge.signal.aborted) throw tooLargeAnswer(service, url, error)
        throw networkError(error as Error, service, url, timeoutMs)
      }
    },
    close: () => agents.close(),
  }
}

/** The way to a host, as got takes it. */
function wayOf(agents: Agents, hostname: string) {
  const { http, https } = agents.to(hostname)
  return { agent: { http, https } }
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
