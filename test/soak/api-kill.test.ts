/**
 * `kill -9` under load, 20 rounds: every write that was acknowledged is there afterwards, and the file opens. The same with
 * a PostgreSQL server that crashes.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Todo } from '../../core/todo.ts'
import { type Answer, call, soon } from '../support/api.ts'
import { startApiProcess } from '../support/api-process.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'

const ROUNDS = 20
const WRITERS = 8

let issuer: TestIssuer
let folder: string
let token: string

beforeAll(async () => {
  issuer = await startIssuer()
  token = await issuer.token()
  folder = await mkdtemp(join(tmpdir(), 'todo-soak-'))
  await writeFile(join(folder, 'ca.pem'), issuer.caPem)
})
afterAll(async () => {
  await issuer.close()
  await rm(folder, { recursive: true })
})

/** What the API has acknowledged, by id: the state of a todo, or that it was removed. */
type Acknowledged = Map<string, Todo | 'removed'>

/**
 * Writes until the connection breaks or the store is gone: adds, changes, removes. A write that was sent and not
 * acknowledged may have happened or not, so its todo is taken off the list before it is sent.
 */
async function write(url: string, known: Acknowledged, name: string): Promise<void> {
  for (let index = 0; ; index += 1) {
    const added = await sent(url, 'POST', 201, { description: `${name} ${index}` })
    if (added === undefined) return
    const todo: Todo = added.json
    if (index % 3 === 0) {
      const changed = await sent(`${url}/${todo.id}`, 'PATCH', 200, { done: true })
      if (changed === undefined) return
      known.set(todo.id, changed.json)
    } else if (index % 3 === 1) {
      if ((await sent(`${url}/${todo.id}`, 'DELETE', 204)) === undefined) return
      known.set(todo.id, 'removed')
    } else known.set(todo.id, todo)
  }
}

/** The acknowledgement of a write; undefined where there is none: the connection broke, or 503. */
async function sent(url: string, method: string, status: number, body?: object): Promise<Answer | undefined> {
  try {
    const answer = await call(url, method, { token, ...(body === undefined ? {} : { body }) })
    if (answer.status === 503) return undefined
    expect(answer.status).toBe(status)
    return answer
  } catch (error) {
    // fetch says TypeError when the connection breaks, which is what is waited for here.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

async function readAll(url: string): Promise<Map<string, Todo>> {
  const found = new Map<string, Todo>()
  let next: string | undefined = url
  while (next !== undefined) {
    const page = await call(next, 'GET', { token })
    expect(page.status).toBe(200)
    for (const todo of page.json) found.set(todo.id, todo)
    const link = /^<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1]
    next = link === undefined ? undefined : new URL(link, url).href
  }
  return found
}

const environment = (databaseUrl: string) => ({
  TODO_API_TENANT_ID: issuer.tenantId,
  TODO_API_CLIENT_ID: issuer.clientId,
  TODO_API_AUTHORITY: issuer.authority,
  TODO_API_CA_FILE: join(folder, 'ca.pem'),
  TODO_API_PORT: '0',
  DATABASE_URL: databaseUrl,
})

/** Starts writers; resolves when so many writes are acknowledged, with a promise of their end. */
async function underLoad(
  url: string,
  known: Acknowledged,
  name: string,
  writes: number,
): Promise<{ ended: Promise<unknown> }> {
  const before = known.size
  const writers = Array.from({ length: WRITERS }, (_, writer) =>
    write(url, known, `${name} writer ${writer}`),
  )
  const ended = Promise.all(writers)
  await expect.poll(() => known.size - before, { timeout: 60_000, interval: 1 }).toBeGreaterThan(writes)
  return { ended }
}

async function expectAll(url: string, known: Acknowledged): Promise<void> {
  const found = await readAll(url)
  for (const [id, state] of known) expect(found.get(id), id).toEqual(state === 'removed' ? undefined : state)
}

test('no acknowledged write is lost by kill -9', { timeout: 300_000 }, async () => {
  const file = join(folder, 'soak.db')
  const env = environment(`sqlite:${file}`)
  const known: Acknowledged = new Map()
  for (let round = 0; round < ROUNDS; round += 1) {
    const api = startApiProcess(env)
    // Each round is cut at another moment: after so many acknowledged writes.
    const { ended } = await underLoad(await api.url(), known, `round ${round}`, 20 + round * 3)
    api.child.kill('SIGKILL')
    await ended
    expect(await api.ended).toBeNull()

    const db = new DatabaseSync(file)
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
    const again = startApiProcess(env)
    await expectAll(await again.url(), known)
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  }
  expect(known.size).toBeGreaterThan(ROUNDS * 20)
})

test.skipIf(findPostgres() === undefined)(
  'nor by a PostgreSQL server that crashes, under two API processes',
  async () => {
    const server = await startPostgres()
    const env = environment(await server.newDatabase())
    const processes = [startApiProcess(env), startApiProcess(env)]
    const [first, second] = (await Promise.all(processes.map((api) => api.url()))) as [string, string]
    const known: Acknowledged = new Map()
    for (let round = 0; round < 5; round += 1) {
      const one = await underLoad(first, known, `round ${round} first`, 20 + round * 3)
      const other = await underLoad(second, known, `round ${round} second`, 20)
      await server.crash()
      await Promise.all([one.ended, other.ended])
      await server.start()
      await expect.poll(async () => (await call(second, 'GET', { token })).status, soon).toBe(200)
      await expectAll(second, known)
    }
    for (const api of processes) api.child.kill('SIGTERM')
    expect(await Promise.all(processes.map((api) => api.ended))).toEqual([0, 0])
    await server.close()
  },
)
