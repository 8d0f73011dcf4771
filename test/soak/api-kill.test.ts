/** `kill -9` under load, 20 rounds: every write that was acknowledged is there afterwards, and the file opens. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Todo } from '../../core/todo.ts'
import { call } from '../support/api.ts'
import { startApiProcess } from '../support/api-process.ts'
import { startIssuer, type TestIssuer } from '../support/issuer.ts'

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
 * Writes until the connection breaks: adds, changes, removes. A write that was sent and not answered may have happened or
 * not, so its todo is taken off the list before it is sent.
 */
async function write(url: string, known: Acknowledged, name: string): Promise<void> {
  for (let index = 0; ; index += 1) {
    try {
      const added = await call(url, 'POST', { token, body: { description: `${name} ${index}` } })
      if (added.status !== 201) throw new Error(`POST gave ${added.status}`)
      const todo: Todo = added.json
      known.set(todo.id, todo)
      if (index % 3 === 0) {
        known.delete(todo.id)
        const changed = await call(`${url}/${todo.id}`, 'PATCH', { token, body: { done: true } })
        known.set(todo.id, changed.json)
      } else if (index % 3 === 1) {
        known.delete(todo.id)
        await call(`${url}/${todo.id}`, 'DELETE', { token })
        known.set(todo.id, 'removed')
      }
    } catch (error) {
      // fetch says TypeError when the connection breaks, which is what is waited for here.
      if (error instanceof TypeError) return
      throw error
    }
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

test('no acknowledged write is lost by kill -9', { timeout: 300_000 }, async () => {
  const file = join(folder, 'soak.db')
  const env = {
    TODO_API_TENANT_ID: issuer.tenantId,
    TODO_API_CLIENT_ID: issuer.clientId,
    TODO_API_AUTHORITY: issuer.authority,
    TODO_API_CA_FILE: join(folder, 'ca.pem'),
    TODO_API_PORT: '0',
    DATABASE_URL: `sqlite:${file}`,
  }
  const known: Acknowledged = new Map()
  for (let round = 0; round < ROUNDS; round += 1) {
    const api = startApiProcess(env)
    const url = await api.url()
    const before = known.size
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      write(url, known, `round ${round} writer ${writer}`),
    )
    // Each round is cut at another moment: after so many acknowledged writes.
    await expect
      .poll(() => known.size - before, { timeout: 60_000, interval: 1 })
      .toBeGreaterThan(20 + round * 3)
    api.child.kill('SIGKILL')
    await Promise.all(writers)
    expect(await api.ended).toBeNull()

    const db = new DatabaseSync(file)
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
    const again = startApiProcess(env)
    const found = await readAll(await again.url())
    for (const [id, state] of known)
      expect(found.get(id), id).toEqual(state === 'removed' ? undefined : state)
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  }
  expect(known.size).toBeGreaterThan(ROUNDS * 20)
})
