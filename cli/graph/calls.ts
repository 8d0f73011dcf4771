/**
 * Requests to Microsoft Graph: who asks, retries where they are safe, pages, errors.
 *
 * https://learn.microsoft.com/graph/throttling (429 and Retry-After), https://learn.microsoft.com/graph/paging
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import type { Http, HttpAnswer, HttpRequest } from '../http.ts'
import { parseObject } from '../parse-object.ts'
import { type GraphRight, graphError } from './errors.ts'

export interface GraphRequest {
  readonly method: HttpRequest['method']
  /** Below the address of Graph: `/applications`. */
  readonly path: string
  readonly body?: object
  /** `Prefer`: what the caller would like of several ways to do it. */
  readonly prefer?: string
  /** What it takes, for the message when it is refused. */
  readonly right: GraphRight
  /**
   * Whether doing it twice does no harm. GET, PATCH (which names what is to be) and DELETE always are; a POST is not unless
   * it says so. What is not repeatable is repeated after 429 alone, for then Graph did nothing.
   */
  readonly repeatable?: boolean
}

export interface GraphCalls {
  /** The answer's object; an empty one where there is no body. @throws AppError `graph-…` */
  send(request: GraphRequest): Promise<Readonly<Record<string, unknown>>>
  /** Every page of a collection. */
  list(path: string, right?: GraphRight): Promise<readonly unknown[]>
}

export interface GraphCallsDeps {
  readonly http: Http
  /** `https://graph.microsoft.com/v1.0` */
  readonly graphUrl: string
  readonly signal: AbortSignal
  /** The longest that one request may take, and that Graph may ask to wait, in milliseconds. */
  readonly timeoutMs: number
  /** An access token for Graph. */
  token(): Promise<string>
}

/** Further tries. */
const RETRIES = 2

/** A collection that goes on longer is not one that this program could have asked for. */
const PAGES_MAX = 200

export function createGraphCalls(deps: GraphCallsDeps): GraphCalls {
  const { http, graphUrl, signal, timeoutMs, token } = deps

  const ask = async (url: string, request: GraphRequest): Promise<HttpAnswer> => {
    const { method, body, prefer } = request
    const repeatable = request.repeatable ?? method !== 'POST'
    for (let left = RETRIES; ; left -= 1) {
      try {
        const answer = await http.send('graph', {
          method,
          url,
          repeatable,
          headers: {
            authorization: `Bearer ${await token()}`,
            accept: 'application/json',
            ...(body ? { 'content-type': 'application/json' } : {}),
            ...(prefer ? { prefer } : {}),
          },
          body: body && JSON.stringify(body),
        })
        const wait = repeatable || answer.status !== 429 ? undefined : secondsToWait(answer) * 1000
        if (left === 0 || wait === undefined || wait > timeoutMs) return answer
        await sleep(wait, undefined, { signal }).catch(() => {
          throw new AppError('interrupted', 'interrupted')
        })
      } catch (error) {
        // The layer below retries broken connections, not those that give no answer in time.
        if (left === 0 || !repeatable || !isTimeout(error)) throw error
      }
    }
  }

  const send = async (url: string, request: GraphRequest) => {
    const answer = await ask(url, request)
    if (answer.status >= 200 && answer.status < 300) return parseObject(answer.body) ?? {}
    throw graphError(answer, request.right)
  }

  return {
    send: (request) => send(`${graphUrl}${request.path}`, request),
    async list(path, right = 'read') {
      const found: unknown[] = []
      let url: string | undefined = `${graphUrl}${path}`
      for (let page = 0; url !== undefined && page < PAGES_MAX; page += 1) {
        const answer: Readonly<Record<string, unknown>> = await send(url, { method: 'GET', path, right })
        if (!Array.isArray(answer.value)) throw notAList()
        found.push(...answer.value)
        url = nextPage(answer['@odata.nextLink'], graphUrl)
      }
      return found
    },
  }
}

/** The token goes where the link points, so it must stay with Graph. */
function nextPage(link: unknown, graphUrl: string): string | undefined {
  if (link === undefined || link === null) return undefined
  if (typeof link === 'string' && URL.canParse(link) && new URL(link).origin === new URL(graphUrl).origin)
    return link
  throw new AppError('graph-failed', 'the next page of a list is not at Microsoft Graph', {
    hint: 'check the address: --graph-url URL',
  })
}

function notAList(): AppError {
  return new AppError('graph-failed', 'what answers at the address of Microsoft Graph is something else', {
    hint: 'check the address: --graph-url URL',
  })
}

/** Retry-After in seconds; the shortest wait where Graph does not say. Its other form, a date, Graph does not use. */
function secondsToWait({ headers }: HttpAnswer): number {
  const seconds = Number(headers['retry-after'] ?? 1)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : 1
}

const isTimeout = (error: unknown): boolean =>
  error instanceof AppError && error.cause instanceof Error && error.cause.name === 'TimeoutError'
