/**
 * `npm run bench:api`: what a request costs this API, against the same app without authentication, the same app with the
 * middleware as it is, and two rivals doing the same work. Only ratios of one run mean anything.
 *
 * Servers on the first processor, the load on the second, interleaved rounds, quartiles. `--json`: the last line is one
 * JSON object. `--rounds N`, `--seconds N`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import got from 'got'
import { decodeProtectedHeader } from 'jose'
import { createFetchJson } from '../../../api/auth/fetch-json.ts'
import { discoveryUrl, readMetadata } from '../../../api/auth/issuer-metadata.ts'
import { readSigningKeys } from '../../../api/auth/signing-keys.ts'
import { writeCursor } from '../../../api/cursor.ts'
import { openSqliteFile } from '../../../api/store/sqlite-file.ts'
import { newTodoId } from '../../../api/todo-id.ts'
import { startTenant, type Tenant } from '../../../tenant/server.ts'
import { load } from './load.ts'
import { type FromServer, type ServerPlan, VARIANTS } from './plan.ts'

const ROWS = 100_000
const PAGE = 20
const CONNECTIONS = 16

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '0.8' },
  },
})
const rounds = Number(values.rounds)
const roundMs = Number(values.seconds) * 1000

interface Running {
  readonly name: string
  readonly child: ChildProcess
  readonly port: number
  readonly path: string
  readonly cpu: number[]
  readonly rate: number[]
}

/** Pins a process to one processor, where there are two and `taskset`. */
function pin(pid: number, cpu: number): boolean {
  if (cpus().length < 2 || process.platform !== 'linux') return false
  try {
    execFileSync('taskset', ['-a', '-cp', String(cpu), String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function fill(file: string): Promise<string[]> {
  const db = await openSqliteFile(file)
  const insert = db.prepare(
    'INSERT INTO todos (id, owner, description, done, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, 1)',
  )
  const owners = Array.from({ length: 1000 }, () => newTodoId())
  const ids: string[] = []
  db.exec('BEGIN')
  for (let index = 0; index < ROWS; index += 1) {
    const id = newTodoId()
    const now = new Date().toISOString()
    ids.push(id)
    insert.run(
      id,
      owners[index % owners.length] as string,
      `Thing number ${index} that has to be done`,
      index % 3 === 0 ? 1 : 0,
      now,
      now,
    )
  }
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  return ids
}

async function tokenOf(tenant: Tenant): Promise<string> {
  const answer = await got.post(tenant.tokenEndpoint, {
    https: { certificateAuthority: tenant.caPem },
    form: {
      grant_type: 'client_credentials',
      client_id: tenant.client.appId,
      client_secret: tenant.client.secret,
      scope: tenant.api.scope,
    },
  })
  return (JSON.parse(answer.body) as { access_token: string }).access_token
}

/** The public key of a token, PEM. */
async function keyOf(tenant: Tenant, token: string): Promise<string> {
  const fetchJson = createFetchJson({ caPem: tenant.caPem })
  const metadata = await fetchJson(discoveryUrl(tenant.authority))
  const { jwksUri } = readMetadata(metadata, tenant.authority, tenant.tenantId)
  const { kid } = decodeProtectedHeader(token)
  const key = readSigningKeys(await fetchJson(jwksUri)).find((candidate) => candidate.kid === kid)
  if (key === undefined) throw new Error("the issuer does not publish the token's key")
  const jwk = { kty: key.kty, n: key.n, e: key.e }
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}

async function startServer(plan: ServerPlan, caFile: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: caFile },
  })
  child.send(plan)
  const [message] = (await once(child, 'message')) as [FromServer]
  if (message.kind !== 'ready') throw new Error('the server did not start')
  return { child, port: message.port }
}

async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[FromServer]>
  child.send('cpu')
  const [message] = await answer
  return message.kind === 'cpu' ? message.micros : Number.NaN
}

async function measure(server: Running, token: string): Promise<void> {
  const before = await cpuOf(server.child)
  const { requests, seconds } = await load(server.port, server.path, token, CONNECTIONS, roundMs)
  server.cpu.push(((await cpuOf(server.child)) - before) / requests)
  server.rate.push(requests / seconds)
}

const quantile = (numbers: readonly number[], q: number) => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * q)] ?? Number.NaN
}
const round = (number: number) => Math.round(number * 1000) / 1000

if (!existsSync(join(import.meta.dirname, '../node_modules/fastify'))) {
  console.error('installing the rivals (scripts/bench/package.json) ...')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'inherit',
  })
}

const folder = await mkdtemp(join(tmpdir(), 'todo-bench-'))
const tenant = await startTenant()
const servers: Running[] = []
try {
  const databaseFile = join(folder, 'bench.db')
  const caFile = join(folder, 'ca.crt')
  await writeFile(caFile, tenant.caPem)
  const ids = await fill(databaseFile)
  const token = await tokenOf(tenant)
  const plan = {
    databaseFile,
    tenantId: tenant.tenantId,
    authority: tenant.authority,
    issuer: tenant.issuer,
    caPem: tenant.caPem,
    clientId: tenant.api.appId,
    key: await keyOf(tenant, token),
  }
  let pinned = pin(process.pid, 1)
  const first = `/api/todolist?limit=${PAGE}`
  for (const variant of VARIANTS) {
    const { child, port } = await startServer({ ...plan, variant }, caFile)
    pinned = pin(child.pid as number, 0) && pinned
    servers.push({ name: variant, child, port, path: first, cpu: [], rate: [] })
  }
  // Two more over the whole API: the page before the last of 5,000, and the first of an app that asks for it likewise.
  const whole = servers[0] as Running
  const cursorAfter = (index: number) => `${first}&cursor=${writeCursor(ids[index] as string, {})}`
  servers.push({ ...whole, name: 'page 1', path: cursorAfter(0), cpu: [], rate: [] })
  servers.push({ ...whole, name: 'page 5000', path: cursorAfter(ROWS - 2 * PAGE), cpu: [], rate: [] })

  for (const server of servers) {
    await load(server.port, server.path, token, CONNECTIONS, 1500)
    server.cpu.length = 0
  }
  for (let index = 0; index < rounds; index += 1) {
    const order = index % 2 === 0 ? servers : [...servers].reverse()
    for (const server of order) await measure(server, token)
  }

  /** Other work on the machine only ever adds processor time, so the lower quartiles are compared; rates by median. */
  const ratio = (of: 'cpu' | 'rate', a: string, b: string) => {
    const [left, right] = [a, b].map((name) =>
      quantile(servers.find((server) => server.name === name)?.[of] ?? [], of === 'cpu' ? 0.25 : 0.5),
    )
    return round((left ?? Number.NaN) / (right ?? Number.NaN))
  }
  const against = (of: 'cpu' | 'rate') => ({
    vsNoAuth: ratio(of, 'whole', 'no-auth'),
    vsMiddleware: ratio(of, 'whole', 'middleware'),
    vsFastifyJwt: ratio(of, 'whole', 'fastify-jwt'),
    vsPassport: ratio(of, 'whole', 'passport'),
  })
  const result = {
    cpu: against('cpu'),
    requestsPerSecond: against('rate'),
    page5000VsPage1: ratio('cpu', 'page 5000', 'page 1'),
    rounds,
    pinned,
  }

  console.log(
    `GET of ${PAGE} of ${ROWS} todos, ${CONNECTIONS} connections, ${rounds} rounds of ${roundMs} ms, ${pinned ? 'pinned' : 'not pinned'}`,
  )
  console.log('server          CPU us/request   req/s')
  for (const { name, cpu, rate } of servers) {
    console.log(
      `${name.padEnd(16)}${quantile(cpu, 0.25).toFixed(1).padStart(14)}${Math.round(quantile(rate, 0.5)).toString().padStart(8)}`,
    )
  }
  const { cpu } = result
  console.log(
    `CPU of this API: ${cpu.vsNoAuth} of no auth, ${cpu.vsMiddleware} of the middleware, ${cpu.vsFastifyJwt} of Fastify + @fastify/jwt, ${cpu.vsPassport} of passport-azure-ad; page 5000 costs ${result.page5000VsPage1} of page 1`,
  )
  if (values.json) console.log(JSON.stringify(result))
} finally {
  for (const { child } of servers) if (child.connected) child.disconnect()
  await tenant.close()
  await rm(folder, { recursive: true, force: true })
}
