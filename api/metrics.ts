import { Counter, Histogram, Registry } from 'prom-client'

/** What the API counts, for Prometheus. Labels are few and never name a caller. */
export interface Metrics {
  answered(method: string, route: string, status: number, seconds: number): void
  cacheLookup(hit: boolean): void
  keyFetch(outcome: 'ok' | 'failed'): void
  /** A request that was refused; `reason` is a problem's code. */
  denied(reason: string): void
  /** In the text format of Prometheus. */
  text(): Promise<{ readonly type: string; readonly body: string }>
}

/** Seconds: a hit of the token cache and a page from the store take less than the first. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export function createMetrics(): Metrics {
  const registers = [new Registry()]
  const requests = tally(registers, 'todo_api_requests_total', 'Requests answered.', [
    'method',
    'route',
    'status',
  ])
  const lookups = tally(registers, 'todo_api_token_cache_total', 'Lookups in the cache of verified tokens.', [
    'result',
  ])
  const fetches = tally(registers, 'todo_api_key_fetches_total', "Fetches of the issuer's keys.", ['outcome'])
  const denials = tally(registers, 'todo_api_denials_total', 'Requests refused, by reason.', ['reason'])
  const durations = new Histogram({
    name: 'todo_api_request_duration_seconds',
    help: 'From the first byte of a request to the end of its answer.',
    buckets: BUCKETS,
    registers,
  })
  return {
    answered(method, route, status, seconds) {
      requests(method, route, String(status))
      durations.observe(seconds)
    },
    cacheLookup: (hit) => lookups(hit ? 'hit' : 'miss'),
    keyFetch: (outcome) => fetches(outcome),
    denied: (reason) => denials(reason),
    text: async () => {
      const [registry] = registers as [Registry]
      return { type: registry.contentType, body: await registry.metrics() }
    },
  }
}

/**
 * A counter that is brought up to date when it is read: prom-client sorts and joins the labels at each `inc`, which
 * costs more than the rest of a cached request's bookkeeping together.
 */
function tally(
  registers: Registry[],
  name: string,
  help: string,
  labelNames: string[],
): (...values: string[]) => void {
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>()
  new Counter({
    name,
    help,
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { values, count } of counts.values()) this.labels(...values).inc(count)
    },
  })
  return (...values) => {
    const key = values.join('\n')
    const entry = counts.get(key)
    if (entry === undefined) counts.set(key, { values, count: 1 })
    else entry.count += 1
  }
}
