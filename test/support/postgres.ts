/**
 * A real PostgreSQL server in a folder of its own, from the programs that the machine has (Debian's `postgresql`).
 * It refuses to run as root: started by root, it runs as the user `postgres`, or `nobody`.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from './ports.ts'

const run = promisify(execFile)

export interface PostgresServer {
  /** The address of a database of its own, new and empty. */
  newDatabase(): Promise<string>
  /** Runs SQL in such a database. */
  run(url: string, sql: string): Promise<void>
  /** Ends every connection from the server's side. */
  cutConnections(): Promise<void>
  stop(): Promise<void>
  /** Ends it as a crash would: nothing is written back, and the next start recovers from the log. */
  crash(): Promise<void>
  start(): Promise<void>
  /** Stops it and removes its folder. */
  close(): Promise<void>
}

/** The folder of `initdb` and `postgres`, or undefined where the machine has none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  )
}

export async function startPostgres(): Promise<PostgresServer> {
  const bin = findPostgres()
  if (bin === undefined)
    throw new Error('there is no PostgreSQL on this machine (Debian: apt-get install postgresql)')
  const owner = userToRunAs()
  const as = owner ?? {}
  const folder = await mkdtemp(join(tmpdir(), 'todo-postgres-'))
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], as)
  const port = await freePort()
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  let server: ReturnType<typeof spawn> | undefined
  let databases = 0

  async function start() {
    const settings = [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder}`,
      '-c',
      'fsync=off',
    ]
    server = spawn(join(bin as string, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...as,
      stdio: 'ignore',
    })
    await waitUntilReady(urlOf('postgres'))
  }
  async function end(signal: 'SIGINT' | 'SIGQUIT') {
    if (server === undefined || server.exitCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  const stop = () => end('SIGINT')
  await start()
  return {
    start,
    stop,
    crash: () => end('SIGQUIT'),
    newDatabase: async () => {
      databases += 1
      await query(urlOf('postgres'), `CREATE DATABASE todo${databases}`)
      return urlOf(`todo${databases}`)
    },
    run: query,
    cutConnections: () =>
      query(
        urlOf('postgres'),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'todo-api'",
      ),
    close: async () => {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

async function waitUntilReady(url: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await query(url, 'SELECT 1')
    } catch (error) {
      if (attempt > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function userToRunAs(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string, user: string) =>
    Number(execFileSync('id', [flag, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) }
    } catch {
      // No such user: the next.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody')
}
