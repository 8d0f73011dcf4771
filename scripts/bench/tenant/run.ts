/**
 * `npm run bench:tenant`: tokens a second for a PS256 client assertion, against two other issuers doing the same work, in
 * one run; and how long a test waits for its first token. Only ratios of one run mean anything.
 *
 * The same work: over TLS 1.3 and kept-alive connections, find the client's key that the assertion names, verify the
 * signature and the claims, refuse a `jti` that was used before, sign an RS256 token. oidc-provider and the tenant do so as
 * they are (the tenant told to refuse replays); oauth2-mock-server by a route of its own, see rivals.ts. It is measured as
 * it is, too: it does not look at the assertion then. "bare node:https" verifies and signs, and does nothing else: what is
 * left to win on this machine.
 *
 * A second is one of processor time of the server, all of its threads included: what it gives on a processor of its own.
 * The same by the clock is printed beside it, and means something only while nothing else runs on the machine.
 *
 * Servers on the first processor, the load on the second, interleaved rounds, medians; each assertion is new, and signed
 * before the round. The load never sleeps, see load.ts. `--json`: the last line is one JSON object. `--rounds N`,
 * `--tokens N` a round.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startTenant } from '../../../tenant/server.ts'
import { load } from './load.ts'
import { VARIANTS } from './plan.ts'
import { pin, type ServerProcess, startServer } from './processes.ts'
import { requestsFor } from './requests.ts'

const CONNECTIONS = 8
/** Tokens before the first round. V8 compiles for speed until some 14,000 (`--trace-opt`), and hardly after. */
const WARM_UP = 15_000
/** Tokens at the start of a round that do not count: V8 gave memory back while the other servers had their rounds. */
const LEAD_IN = 300

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '11' },
    tokens: { type: 'string', default: '1500' },
  },
})
const rounds = Number(values.rounds)
const tokens = Number(values.tokens)

interface Running extends ServerProcess {
  readonly name: (typeof VARIANTS)[number]
  readonly rate: number[]
  /** Processor time of the server for a token, in microseconds. */
  readonly micros: number[]
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const rounded = (number: number) => Math.round(number * 1000) / 1000

/** Median over the rounds of the ratio within a round: noise that outlasts a round cancels out. */
const ratio = (left: readonly number[] = [], right: readonly number[] = []) =>
  rounded(median(left.map((number, index) => number / (right[index] ?? Number.NaN))))

function installRivals(): void {
  const folder = join(import.meta.dirname, '..')
  if (existsSync(join(folder, 'node_modules/oidc-provider'))) return
  console.error('installing the rivals (scripts/bench/package.json) ...')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
}

async function measure(running: readonly Running[]): Promise<void> {
  for (const { server } of running) await load(server, await requestsFor(server, WARM_UP), CONNECTIONS)
  for (let index = 0; index < rounds; index += 1) {
    for (const one of index % 2 === 0 ? running : running.toReversed()) {
      const bodies = await requestsFor(one.server, LEAD_IN + tokens)
      await load(one.server, bodies.splice(0, LEAD_IN), CONNECTIONS)
      const before = await one.cpu()
      one.rate.push(tokens / (await load(one.server, bodies, CONNECTIONS)))
      one.micros.push(((await one.cpu()) - before) / tokens)
    }
  }
}

/** How many times the tokens of another server the tenant gives: in a second of processor time, and by the clock. */
function compared(running: readonly Running[]) {
  const by = (name: Running['name']) => running.find((one) => one.name === name)
  const own = by('tenant')
  const against = (times: (other: Running | undefined) => number) => ({
    vsOidcProvider: times(by('oidc-provider')),
    vsOauth2MockServer: times(by('oauth2-mock-server')),
    vsOauth2MockServerUnverified: times(by('the same, unverified')),
    vsBare: times(by('bare node:https')),
  })
  return {
    tokens: {
      ...against((other) => ratio(other?.micros, own?.micros)),
      perSecond: Math.round(1e6 / median(own?.micros ?? [])),
      bareVsOauth2MockServer: ratio(by('oauth2-mock-server')?.micros, by('bare node:https')?.micros),
    },
    byTheClock: against((other) => ratio(own?.rate, other?.rate)),
  }
}

function firstToken(): { coldMs: number; warmMs: number } {
  const program = join(import.meta.dirname, 'first-token.ts')
  const runs = Array.from({ length: 5 }, () =>
    JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' })),
  )
  return {
    coldMs: median(runs.map(({ coldMs }) => coldMs)),
    warmMs: median(runs.map(({ warmMs }) => warmMs)),
  }
}

installRivals()
const first = firstToken()
const { tls, caPem, close } = await startTenant()
const running: Running[] = []
try {
  for (const name of VARIANTS) {
    running.push({ ...(await startServer({ variant: name, tls, caPem })), name, rate: [], micros: [] })
  }
  const pinned = pin(process.pid, 1) && running.every((one) => one.pinned)
  await measure(running)
  const result = { ...compared(running), firstToken: first, rounds, pinned }
  console.log(
    `PS256 assertion for RS256 token, ${CONNECTIONS} connections, ${rounds} rounds of ${tokens}, ${pinned ? 'pinned' : 'not pinned'}`,
  )
  console.log('server              CPU us/token   tokens/CPU s   tokens/s')
  for (const { name, rate, micros } of running) {
    const columns = [median(micros), 1e6 / median(micros), median(rate)].map((number) => number.toFixed(0))
    console.log(
      name.padEnd(20) + columns.map((text, index) => text.padStart([12, 15, 11][index] ?? 0)).join(''),
    )
  }
  const { tokens: by, byTheClock } = result
  console.log(
    `the tenant: ${by.vsOidcProvider} of oidc-provider, ${by.vsOauth2MockServer} of oauth2-mock-server (by the clock ${byTheClock.vsOidcProvider}, ${byTheClock.vsOauth2MockServer})`,
  )
  console.log(
    `bare node:https: ${by.bareVsOauth2MockServer} of oauth2-mock-server, and nothing checked but the signature`,
  )
  console.log(
    `startTenant() to first token: ${first.warmMs} ms in a process that did so before, ${first.coldMs} ms from the start of a process`,
  )
  if (values.json) console.log(JSON.stringify(result))
} finally {
  for (const one of running) one.stop()
  await close()
}
