/** Faults that were asked for: what a client does when the cloud is slow, busy or gone. */
import type { ServiceName, TenantRequest } from '../http/exchange.ts'

export interface Fault {
  readonly service: Exclude<ServiceName, 'admin'>
  /** Requests whose path has this in it; all where it is absent. */
  readonly pathContains?: string
  /** How many requests it meets. */
  readonly times: number
  /** Waits so long before anything else, in milliseconds. */
  readonly latencyMs?: number
  /** `drop` closes the connection without an answer. A status answers in place of the service. */
  readonly answer?: 'drop' | 429 | 500 | 503
  /** Seconds, for 429 and 503. */
  readonly retryAfter?: number
}

export interface Faults {
  add(fault: Fault): void
  all(): Fault[]
  clear(): void
  /** The first fault that this request meets; it counts as used. */
  take(service: ServiceName, request: Pick<TenantRequest, 'path'>): Fault | undefined
}

/** The most faults that wait at a time. */
const FAULTS_MAX = 100

export function createFaults(): Faults {
  let waiting: Fault[] = []
  return {
    add: (fault) => {
      waiting = [...waiting, fault].slice(-FAULTS_MAX)
    },
    all: () => waiting,
    clear: () => {
      waiting = []
    },
    take: (service, { path }) => {
      const hit = waiting.find(
        (fault) => fault.service === service && path.includes(fault.pathContains ?? ''),
      )
      if (hit === undefined) return undefined
      const rest = { ...hit, times: hit.times - 1 }
      waiting = waiting.flatMap((fault) => (fault === hit ? (rest.times > 0 ? [rest] : []) : [fault]))
      return hit
    },
  }
}

const SERVICES = ['issuer', 'vault', 'graph'] as const
const ANSWERS = ['drop', 429, 500, 503] as const

/** Reads a fault out of JSON. Returns a sentence where it is none. */
export function readFault(value: Readonly<Record<string, unknown>>): Fault | string {
  const service = SERVICES.find((name) => name === value.service)
  const answer = ANSWERS.find((known) => known === value.answer)
  const { pathContains, times = 1, latencyMs, retryAfter } = value
  if (service === undefined) return `service must be one of: ${SERVICES.join(', ')}`
  if (value.answer !== undefined && answer === undefined)
    return `answer must be one of: ${ANSWERS.join(', ')}`
  if (pathContains !== undefined && typeof pathContains !== 'string') return 'pathContains must be text'
  if (!isCount(times, 1, 10_000)) return 'times must be a whole number from 1 to 10000'
  if (latencyMs !== undefined && !isCount(latencyMs, 0, 60_000)) return 'latencyMs must be at most 60000'
  if (retryAfter !== undefined && !isCount(retryAfter, 0, 3600))
    return 'retryAfter must be at most 3600 (seconds)'
  if (answer === undefined && latencyMs === undefined) return 'a fault needs an answer, or latencyMs'
  return {
    service,
    times,
    ...(pathContains === undefined ? {} : { pathContains }),
    ...(answer === undefined ? {} : { answer }),
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

function isCount(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
