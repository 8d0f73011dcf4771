/**
 * A real proxy in front of the tenant's Graph, over TLS: it counts the calls, and at one of them something goes wrong.
 * Which calls there are is found by a clean run, not by hand.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { Tenant } from '../../tenant/server.ts'
import { startWebServer } from './web-server.ts'

/** Nothing is carried out. `not-there-yet`: 404, as for an object of which a server of Graph has not heard. */
export const REFUSED = ['429', '500', '503', 'drop', 'hang', 'not-there-yet'] as const
/** It is carried out, and the answer never arrives. */
export const LOST = ['lost-by-drop', 'lost-by-503', 'lost-by-hang'] as const
export type FaultKind = (typeof REFUSED | typeof LOST)[number]

export interface Fault {
  /** The index of the call that goes wrong. */
  readonly at: number
  readonly kind: FaultKind
  /** What is called there. */
  readonly call: string
}

/** What can go wrong at a call: the answer of a GET that gets lost is as good as none. */
const kindsAt = (call: string): readonly FaultKind[] =>
  call.startsWith('GET ') ? REFUSED : [...REFUSED, ...LOST]

/** Every fault at every call. */
export const allFaults = (calls: readonly string[]): Fault[] =>
  calls.flatMap((call, at) => kindsAt(call).map((kind) => ({ at, kind, call })))

/** A fault at every call, each kind in its turn, and at every change an answer that gets lost. */
export const someFaults = (calls: readonly string[]): Fault[] =>
  calls.flatMap((call, at) => {
    const kinds = kindsAt(call)
    const kind = kinds[at % kinds.length] ?? 'drop'
    const more = call.startsWith('GET ') || kind === 'lost-by-drop' ? [] : (['lost-by-drop'] as const)
    return [kind, ...more].map((each) => ({ at, kind: each, call }))
  })

export interface FaultyGraph {
  /** A Graph in which that call goes wrong, once. */
  withFault(fault: Fault): CountingGraph
  /** One in which nothing does. */
  clean(): CountingGraph
}

export interface CountingGraph {
  /** For `--graph-url`. */
  readonly url: string
  /** `METHOD path`, in the order in which they came. */
  readonly calls: readonly string[]
}

interface Lane {
  readonly calls: string[]
  readonly fault?: Fault
}

export async function startFaultyGraph(tenant: Tenant): Promise<FaultyGraph> {
  const { certPem: cert, keyPem: key } = tenant.tls
  const lanes: Lane[] = []
  const server = await startWebServer(
    (request, response) => {
      // `/lane/v1.0/applications`: so many runs can go on at the same time.
      const [, lane = '', path = ''] = /^\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? []
      void answer(tenant, lanes[Number(lane)] ?? { calls: [] }, path, { request, response })
    },
    { cert, key },
  )
  const open = (fault?: Lane['fault']): CountingGraph => {
    const calls: string[] = []
    const lane = lanes.push({ calls, ...(fault ? { fault } : {}) }) - 1
    return { url: `${server.origin}/${lane}/v1.0`, calls }
  }
  return { withFault: open, clean: () => open() }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function answer(tenant: Tenant, { calls, fault }: Lane, path: string, { request, response }: Exchange) {
  const index = calls.push(`${request.method} ${path.split('?')[0]}`) - 1
  const kind = fault?.at === index ? fault.kind : undefined
  if (kind === undefined || kind.startsWith('lost')) {
    const { status, headers, body } = await pass(tenant, path, request)
    if (kind === undefined) {
      response.writeHead(status, headers).end(body)
      return
    }
  }
  if (kind?.endsWith('drop')) request.socket.destroy()
  else if (!kind?.endsWith('hang')) refuse(response, kind ?? '')
}

async function pass(tenant: Tenant, path: string, request: IncomingMessage) {
  const target = new URL(tenant.graphUrl)
  const body = await buffer(request)
  const { method, headers } = request
  const { hostname, port, host } = target
  const options = {
    method,
    path,
    hostname,
    port,
    ca: tenant.caPem,
    agent: false,
    headers: { ...headers, host },
  }
  const answered = await new Promise<IncomingMessage>((resolve, reject) => {
    httpsRequest(options, resolve).on('error', reject).end(body)
  })
  return { status: answered.statusCode ?? 0, headers: answered.headers, body: await buffer(answered) }
}

function refuse(response: ServerResponse, kind: string): void {
  const notThere = kind === 'not-there-yet'
  const status = notThere ? 404 : Number(kind.slice(-3))
  const code = notThere ? 'Request_ResourceNotFound' : 'UnknownError'
  const message = notThere
    ? 'Resource does not exist or one of its queried objects are not present.'
    : 'Busy.'
  response
    .writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' })
    .end(JSON.stringify({ error: { code, message } }))
}

/** So many at a time: most of what they do is to wait for a time-out, or before another try. */
export async function eachOf<T>(all: readonly T[], action: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all]
  const failures: unknown[] = []
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await action(next).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: 20 }, work))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} failed: ${failures[0]}`)
}
