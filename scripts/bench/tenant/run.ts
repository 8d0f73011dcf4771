/**
 * `npm run bench:tenant`: tokens a second for a PS256 client assertion, against oidc-provider, which verifies it as the
 * tenant does, and oauth2-mock-server, which does not look at it. Only ratios of one run mean anything.
 *
 * Servers on the first processor, the load on the second, interleaved rounds, medians; each assertion is new, and signed
 * before the round. `--json`: the last line is one JSON object. `--rounds N`, `--tokens N` a round.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPrivateKey, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SignJWT } from 'jose'
import { startTenant } from '../../../tenant/server.ts'
import { load } from './load.ts'
import { type ReadyServer, type ServerPlan, VARIANTS } from './plan.ts'

const CONNECTIONS = 8

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    tokens: { type: 'string', default: '1000' },
  },
})
const rounds = Number(values.rounds)
const tokens = Number(values.tokens)

interface Running {
  readonly name: string
  readonly child: ChildProcess
  readonly server: ReadyServer
  readonly rate: number[]
  /** Processor time of the server for a token, in microseconds. */
  readonly cpu: number[]
}

/** Pins a process to one processor, where there are two and `taskset`. */
function pin(pid: number | undefined, cpu: number): boolean {
  if (pid === undefined || cpus().length < 2 || process.platform !== 'linux') return false
  try {
    execFileSync('taskset', ['-a', '-cp', String(cpu), String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function startServer(plan: ServerPlan): Promise<{ child: ChildProcess; server: ReadyServer }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  child.send(plan)
  const [server] = (await once(child, 'message')) as [ReadyServer]
  return { child, server }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message')
  child.send('cpu')
  const [micros] = await answer
  return Number(micros)
}

/** Token requests, each with an assertion of its own. */
async function requestsFor(server: ReadyServer, count: number): Promise<string[]> {
  const key = createPrivateKey(server.privateKeyPem)
  const now = Math.floor(Date.now() / 1000)
  const sign = async () => {
    const assertion = await new SignJWT({ jti: randomUUID(), nbf: now, iat: now, exp: now + 600 })
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', ...server.header })
      .setIssuer(server.clientId)
      .setSubject(server.clientId)
      .setAudience(server.audience)
      .sign(key)
    return new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: server.clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...server.form,
    }).toString()
  }
  return Promise.all(Array.from({ length: count }, sign))
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
const rounded = (number: number) => Math.round(number * 1000) / 1000

if (!existsSync(join(import.meta.dirname, '../node_modules/oidc-provider'))) {
  console.error('installing the rivals (scripts/bench/package.json) ...')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'inherit',
  })
}

const { tls, caPem, close } = await startTenant()
const running: Running[] = []
try {
  let pinned = pin(process.pid, 1)
  for (const variant of VARIANTS) {
    const { child, server } = await startServer({ variant, tls, caPem })
    pinned = pin(child.pid, 0) && pinned
    running.push({ name: variant, child, server, rate: [], cpu: [] })
  }
  for (const { server } of running) await load(server, await requestsFor(server, 300), CONNECTIONS)
  for (let index = 0; index < rounds; index += 1) {
    for (const { child, server, rate, cpu } of index % 2 === 0 ? running : running.toReversed()) {
      const bodies = await requestsFor(server, tokens)
      const before = await cpuOf(child)
      rate.push(tokens / (await load(server, bodies, CONNECTIONS)))
      cpu.push(((await cpuOf(child)) - before) / tokens)
    }
  }
  const [own, oidc, mock] = VARIANTS.map((name) => running.find((one) => one.name === name))
  /** Median over the rounds of the ratio within a round: noise that outlasts a round cancels out. */
  const ratio = (left: readonly number[] = [], right: readonly number[] = []) =>
    rounded(median(left.map((number, index) => number / (right[index] ?? Number.NaN))))
  const result = {
    tokens: {
      vsOidcProvider: ratio(own?.rate, oidc?.rate),
      vsOauth2MockServer: ratio(own?.rate, mock?.rate),
      perSecond: Math.round(median(own?.rate ?? [])),
    },
    // The same by processor time, which other work on the machine disturbs less: what one core could do.
    tokensPerCpuSecond: {
      vsOidcProvider: ratio(oidc?.cpu, own?.cpu),
      vsOauth2MockServer: ratio(mock?.cpu, own?.cpu),
    },
    rounds,
    pinned,
  }
  console.log(
    `PS256 assertion for RS256 token, ${CONNECTIONS} connections, ${rounds} rounds of ${tokens}, ${pinned ? 'pinned' : 'not pinned'}`,
  )
  console.log('server                tokens/s   CPU us/token')
  for (const { name, rate, cpu } of running) {
    console.log(
      `${name.padEnd(20)}${Math.round(median(rate)).toString().padStart(10)}${median(cpu).toFixed(0).padStart(15)}`,
    )
  }
  const { tokens: by, tokensPerCpuSecond: byCpu } = result
  console.log(
    `the tenant: ${by.vsOidcProvider} of oidc-provider, ${by.vsOauth2MockServer} of oauth2-mock-server (by processor time ${byCpu.vsOidcProvider}, ${byCpu.vsOauth2MockServer})`,
  )
  if (values.json) console.log(JSON.stringify(result))
} finally {
  for (const { child } of running) if (child.connected) child.disconnect()
  await close()
}
