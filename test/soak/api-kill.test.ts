/**
 * `kill -9` under load, 20 rounds: every write that was acknowledged is there afterwards, and the file opens. Over kept-alive
 * connections, pipelined, and with keys, whose retry makes no second todo. The same with a PostgreSQL server that crashes.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Todo } from '../../core/todo.ts'
import { type Answer, call, soon } from '../support/api.ts'
import { startApiProcess } from '../support/api-process.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'
import { openPipeline } from '../support/pipeline.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'

const ROUNDS = 20

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

/** What an acknowledged todo may look like now: as it was acknowledged, or as a later write without an answer left it. */
interface Expected {
  readonly state: Todo | 'removed'
  /** A write that was sent, and whose answer did not come: it happened, or not. */
  readonly maybe?: 'done' | 'removed'
}

/** Everything that a writer was told, and what it could not know. */
class Book {
  readonly todos = new Map<string, Expected>()
  /** Descriptions by key, of creations that were not acknowledged: to be sent again with the same key. */
  readonly unanswered = new Map<string, string>()
  /** Acknowledged creations by kind of writer. */
  readonly counts = { keptAlive: 0, pipelined: 0, keyed: 0 }
}

type Write = (url: string, book: Book, name: string) => Promise<void>

/** Adds, changes, removes, one request at a time over connections that are kept, until one breaks or the store is gone. */
const keptAlive: Write = async (url, book, name) => {
  for (let index = 0; ; index += 1) {
    const added = await sent(url, 'POST', 201, { description: `${name} ${index}` })
    if (added === undefined) return
    const todo: Todo = added.json
    book.counts.keptAlive += 1
    if (index % 3 === 0) {
      book.todos.set(todo.id, { state: todo, maybe: 'done' })
      const changed = await sent(`${url}/${todo.id}`, 'PATCH', 200, { done: true })
      if (changed === undefined) return
      book.todos.set(todo.id, { state: changed.json })
    } else if (index % 3 === 1) {
      book.todos.set(todo.id, { state: todo, maybe: 'removed' })
      if ((await sent(`${url}/${todo.id}`, 'DELETE', 204)) === undefined) return
      book.todos.set(todo.id, { state: 'removed' })
    } else book.todos.set(todo.id, { state: todo })
  }
}

/** Adds eight at a time in one write on one connection: the process is killed with some done, some begun, some unread. */
const pipelined: Write = async (url, book, name) => {
  const { port, pathname } = new URL(url)
  const pipeline = openPipeline(Number(port))
  for (let batch = 0; ; batch += 1) {
    const requests = Array.from({ length: 8 }, (_, index) => ({
      method: 'POST',
      path: pathname,
      token,
      body: { description: `${name} ${batch}.${index}` },
    }))
    const answers = await pipeline.send(requests)
    const made = answers.filter(({ status }) => status !== 503)
    for (const [index, { status, json }] of made.entries()) {
      expect(status).toBe(201)
      if (answers.length === made.length) expect(json.description).toBe(requests[index]?.body.description)
      book.todos.set(json.id, { state: json })
      book.counts.pipelined += 1
    }
    if (made.length < requests.length) return pipeline.close()
  }
}

/** Adds with keys, and takes note of the key whose answer did not come. */
const keyed: Write = async (url, book, name) => {
  for (let index = 0; ; index += 1) {
    const [key, description] = [randomUUID(), `${name} ${index}`]
    book.unanswered.set(key, description)
    const added = await sent(url, 'POST', 201, { description }, { 'idempotency-key': key })
    if (added === undefined) return
    book.unanswered.delete(key)
    book.todos.set(added.json.id, { state: added.json })
    book.counts.keyed += 1
  }
}

const KINDS = ['keptAlive', 'pipelined', 'keyed'] as const
/** Acknowledged writes of each kind in each round, at least: those that pipeline are many times as fast. */
const EACH = 3
const WRITERS: readonly Write[] = [
  keptAlive,
  keptAlive,
  keptAlive,
  pipelined,
  pipelined,
  pipelined,
  keyed,
  keyed,
]

/** The acknowledgement of a write; undefined where there is none: the connection broke, or 503. */
async function sent(
  url: string,
  method: string,
  status: number,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer | undefined> {
  try {
    const answer = await call(url, method, { token, headers, ...(body === undefined ? {} : { body }) })
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

/** Starts writers; resolves when so many writes, and some of each kind, are acknowledged; with a promise of their end. */
async function underLoad(
  url: string,
  book: Book,
  name: string,
  writes: number,
): Promise<{ ended: Promise<unknown> }> {
  const before = { ...book.counts, all: book.todos.size }
  const enough = ({ counts, todos }: Book) =>
    todos.size - before.all > writes && KINDS.every((kind) => counts[kind] - before[kind] >= EACH)
  const writers = WRITERS.map((write, index) => write(url, book, `${name} writer ${index}`))
  const ended = Promise.all(writers)
  await expect.poll(() => enough(book), { timeout: 60_000, interval: 1 }).toBe(true)
  return { ended }
}

/** Holds the store to the book: all that was acknowledged is there, and a retry with the same key makes one todo only. */
async function expectAll(url: string, book: Book): Promise<void> {
  const found = await readAll(url)
  for (const [id, { state, maybe }] of book.todos) {
    const now = found.get(id)
    if (state === 'removed' || (now === undefined && maybe === 'removed')) {
      expect(now, id).toBeUndefined()
      book.todos.set(id, { state: 'removed' })
      continue
    }
    const done = maybe === 'done' && now?.done === true
    expect(now, id).toEqual(done ? { ...state, done: true, updatedAt: now.updatedAt } : state)
    book.todos.set(id, { state: now as Todo })
  }
  for (const [key, description] of book.unanswered) {
    const made = [...found.values()].filter((todo) => todo.description === description)
    expect(made.length).toBeLessThanOrEqual(1)
    const retried = await sent(url, 'POST', 201, { description }, { 'idempotency-key': key })
    if (made.length === 1) expect(retried?.json).toEqual(made[0])
    book.todos.set(retried?.json.id, { state: retried?.json })
  }
  book.unanswered.clear()
}

/** Nothing is there twice: each description was sent once, or again with its key. */
async function expectNoneTwice(url: string): Promise<void> {
  const descriptions = [...(await readAll(url)).values()].map(({ description }) => description)
  expect(new Set(descriptions).size).toBe(descriptions.length)
}

test('no acknowledged write is lost by kill -9', { timeout: 300_000 }, async () => {
  const file = join(folder, 'soak.db')
  const env = environment(`sqlite:${file}`)
  const book = new Book()
  for (let round = 0; round < ROUNDS; round += 1) {
    const api = startApiProcess(env)
    // Each round is cut at another moment: after so many acknowledged writes.
    const { ended } = await underLoad(await api.url(), book, `round ${round}`, 20 + round * 3)
    api.child.kill('SIGKILL')
    await ended
    expect(await api.ended).toBeNull()

    const db = new DatabaseSync(file)
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
    const again = startApiProcess(env)
    await expectAll(await again.url(), book)
    await expectNoneTwice(await again.url())
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  }
  expect(book.todos.size).toBeGreaterThan(ROUNDS * 20)
  for (const kind of KINDS) expect(book.counts[kind]).toBeGreaterThanOrEqual(ROUNDS * EACH)
})

test('nor by SIGTERM under load, at which it ends by itself', async () => {
  const env = environment(`sqlite:${join(folder, 'stop.db')}`)
  const book = new Book()
  for (let round = 0; round < 5; round += 1) {
    const api = startApiProcess(env)
    const { ended } = await underLoad(await api.url(), book, `round ${round}`, 20 + round * 3)
    api.child.kill('SIGTERM')
    expect(await api.ended).toBe(0)
    await ended
    expect(api.output()).toMatch(/"event":"stopped"\}\n$/)
    expect(api.output()).not.toContain('"level":"error"')
    const again = startApiProcess(env)
    await expectAll(await again.url(), book)
    await expectNoneTwice(await again.url())
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  }
})

test.skipIf(findPostgres() === undefined)(
  'nor by a PostgreSQL server that crashes, under two API processes',
  async () => {
    const server = await startPostgres()
    const env = environment(await server.newDatabase())
    const processes = [startApiProcess(env), startApiProcess(env)]
    const [first, second] = (await Promise.all(processes.map((api) => api.url()))) as [string, string]
    const book = new Book()
    for (let round = 0; round < 5; round += 1) {
      const one = await underLoad(first, book, `round ${round} first`, 20 + round * 3)
      const other = await underLoad(second, book, `round ${round} second`, 20)
      await server.crash()
      await Promise.all([one.ended, other.ended])
      await server.start()
      await expect.poll(async () => (await call(second, 'GET', { token })).status, soon).toBe(200)
      await expectAll(second, book)
      await expectNoneTwice(first)
    }
    for (const api of processes) api.child.kill('SIGTERM')
    expect(await Promise.all(processes.map((api) => api.ended))).toEqual([0, 0])
    await server.close()
  },
)
