import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout } from 'node:timers/promises'
import type { SecureContext } from 'node:tls'
import type { Fault } from '../admin/faults.ts'
import type { Clock } from '../clock.ts'
import {
  type Answer,
  BODY_MAX,
  BodyTooLarge,
  type ExchangeRecord,
  json,
  plain,
  type ServiceName,
  type TenantRequest,
} from './exchange.ts'
import { isOwnHost } from './hosts.ts'
import { type Listening, notListening } from './listening.ts'
import { match, normalisePath, type Route } from './router.ts'

/** One of the tenant's services: its routes, and how it words what went wrong. */
export interface Service {
  readonly name: ServiceName
  readonly routes: readonly Route[]
  /** Called for what a handler threw. Gives no stack and no message of an unknown error away. */
  answerError(error: unknown, request: TenantRequest): Answer
  /** For what no route takes. May throw, as a handler may. @param allow the methods that the address has; none where there is no such address */
  answerUnrouted(request: TenantRequest, allow: readonly string[]): Answer | Promise<Answer>
  /** Headers of every answer. */
  headers?(request: TenantRequest): Record<string, string>
}

export interface ListenOptions {
  /** 0 for any free one. */
  readonly port: number
  readonly tls: {
    certPem: string
    keyPem: string
    contextFor(hostname: string): SecureContext | undefined
  }
  readonly clock: Clock
  readonly onLog: (record: ExchangeRecord) => void
  /** The fault that this request is to meet, where one was asked for. */
  readonly takeFault: (service: ServiceName, request: TenantRequest) => Fault | undefined
}

/**
 * Serves one service on 127.0.0.1, and nowhere else: over HTTPS, but for the pages.
 *
 * @throws AppError `local-port-in-use`
 */
export async function listen(service: Service, options: ListenOptions): Promise<Listening> {
  const { tls } = options
  const limits = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 }
  const server =
    service.name === 'pages'
      ? createPlainServer(limits)
      : createServer({
          ...limits,
          cert: tls.certPem,
          key: tls.keyPem,
          SNICallback: (name, done) => done(null, tls.contextFor(name)),
        })
  const stopping = new AbortController()
  const { signal } = stopping
  server.on('request', (request, response) => {
    void serve(service, options, port, signal, request, response)
  })
  server.listen(options.port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw notListening(service.name, options.port, error)
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      stopping.abort()
      await closed
    },
  }
}

async function serve(
  service: Service,
  { clock, onLog, takeFault }: ListenOptions,
  port: number,
  stopping: AbortSignal,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const started = performance.now()
  const { request, answer: refusal } = accept(service, port, incoming)
  const fault = refusal ? undefined : takeFault(service.name, request)
  if (fault?.latencyMs !== undefined) await waited(fault.latencyMs, stopping)
  const stopped = stopping.aborted ? STOPPED : undefined
  const answer = refusal ?? stopped ?? faultAnswer(fault) ?? (await dispatch(service, request))
  if (answer.status === 0) incoming.socket.destroy()
  else respond(incoming, response, answer, service.headers?.(request))
  const { id, method, host, path } = request
  onLog({
    time: clock.now().toISOString(),
    service: service.name,
    id,
    method,
    host,
    path,
    status: answer.status,
    milliseconds: Math.round(performance.now() - started),
    ...answer.note,
  })
}

/** A stop ends the wait: the process would live as long as that lasts. */
async function waited(ms: number, stopping: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: stopping }).catch(() => {})
}

/** No answer: the store closes, and the connection is closed already. */
const STOPPED: Answer = { status: 0, note: { reason: 'the tenant was stopped meanwhile' } }

function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, headers, body = '' }: Answer,
  common: Readonly<Record<string, string>> | undefined,
): void {
  // A body that nobody read would otherwise be taken in to its end before the connection serves again.
  if (hasBody(incoming) && !incoming.readableEnded) response.shouldKeepAlive = false
  response.writeHead(status, { ...common, ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** The first step: a request for another host, or with a path that can't be read, goes no further. */
function accept(service: Service, port: number, incoming: IncomingMessage) {
  const host = (incoming.headers.host ?? '').toLowerCase()
  const [rawPath = '/', rawQuery = ''] = splitOnce(incoming.url ?? '/', '?')
  const path = normalisePath(rawPath)
  const request: TenantRequest = {
    id: randomUUID(),
    method: incoming.method ?? 'GET',
    host,
    path: path ?? '/',
    query: new URLSearchParams(rawQuery),
    headers: incoming.headers,
    params: {},
    body: () => readBody(incoming),
  }
  if (!isOwnHost(service.name, host, port)) {
    return {
      request,
      answer: plain(421, `This server does not answer for the host ${JSON.stringify(host)}.`),
    }
  }
  if (path === undefined) return { request, answer: plain(400, 'The path has a broken percent-encoding.') }
  return { request, answer: undefined }
}

async function dispatch(service: Service, request: TenantRequest): Promise<Answer> {
  try {
    const hit = match(service.routes, request.method, request.path)
    if (hit.found === 'handler') return await hit.handler({ ...request, params: hit.params })
    const allow = hit.found === 'other-method' ? hit.allow : []
    const answer = await service.answerUnrouted(request, allow)
    if (answer.status !== 405) return answer
    return { ...answer, headers: { ...answer.headers, allow: allow.join(', ') } }
  } catch (error) {
    return service.answerError(error, request)
  }
}

/** A fault that answers in place of the service. Status 0 drops the connection, and is logged so. */
function faultAnswer(fault: Fault | undefined): Answer | undefined {
  if (fault?.answer === undefined) return undefined
  const note = { reason: 'a fault that was asked for' }
  if (fault.answer === 'drop') return { status: 0, note }
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
  const error = { code: FAULT_CODES[fault.answer], message: 'A fault that was asked for.' }
  return { ...json(fault.answer, { error }, retryAfter), note }
}

const FAULT_CODES = { 429: 'TooManyRequests', 500: 'InternalServerError', 503: 'ServiceUnavailable' }

/** By events: an iteration over the stream costs a token request twice as much. */
function readBody(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_MAX) return void chunks.push(chunk)
      incoming.off('data', take).pause()
      reject(new BodyTooLarge())
    }
    incoming.on('data', take)
    incoming.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    incoming.on('error', reject)
  })
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
