import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../../../api/store/sqlite.ts'
import { StoreUnavailable, type TodoStore } from '../../../../api/store/store.ts'
import { newTodo, storeContract } from '../../../contract/store.ts'
import { appError } from '../../../support/app-error.ts'
import { countUpInProcess, type Filled, fillInProcess } from '../../../support/store-process.ts'

let folder: string
let count = 0
let path: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'todo-store-'))
})
afterAll(() => rm(folder, { recursive: true }))

const newPath = () => {
  count += 1
  path = join(folder, `${count}.db`)
  return path
}

storeContract('SQLite', {
  open: () => openSqliteStore(newPath()),
  openAgain: () => openSqliteStore(path),
  ageKeys: async (ms) => {
    const db = new DatabaseSync(path)
    db.prepare('UPDATE idempotency SET used_at = used_at - ?').run(ms)
    db.close()
  },
})

const modeOf = async (file: string) => (await stat(file)).mode & 0o777

test('the file and its logs are for their owner only', async () => {
  const store = await openSqliteStore(newPath())
  await store.add(newTodo())
  expect(await modeOf(path)).toBe(0o600)
  expect(await modeOf(`${path}-wal`)).toBe(0o600)
  expect(await modeOf(`${path}-shm`)).toBe(0o600)
  await store.close()
})

test('a file that others could read is narrowed', async () => {
  await (await openSqliteStore(newPath())).close()
  await chmod(path, 0o644)
  await (await openSqliteStore(path)).close()
  expect(await modeOf(path)).toBe(0o600)
})

test('every commit is synced to the disk, through a write-ahead log', async () => {
  const { openSqliteFile } = await import('../../../../api/store/sqlite-file.ts')
  const db = await openSqliteFile(newPath())
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
  db.close()
})

test('a store is still there when it is opened again', async () => {
  const store = await openSqliteStore(newPath())
  const todo = newTodo()
  await store.add(todo)
  await store.close()
  const again = await openSqliteStore(path)
  expect(await again.list({ limit: 5 })).toEqual([todo])
  await again.close()
})

test('a page costs the same wherever it is: each listing goes through an index, without sorting', async () => {
  const { openSqliteFile } = await import('../../../../api/store/sqlite-file.ts')
  const db = await openSqliteFile(newPath())
  for (const where of ['', 'owner = ? AND ', 'done = ? AND ', 'owner = ? AND done = ? AND ']) {
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN SELECT * FROM todos WHERE ${where}id > ? ORDER BY id LIMIT ?`)
      .all()
    expect(plan.map(({ detail }) => detail).join()).toMatch(
      /^SEARCH todos USING (PRIMARY KEY|INDEX \w+) \((\w+=\? AND )*id>\?\)$/,
    )
  }
  db.close()
})

test('a newer schema is refused, and left as it is', async () => {
  await (await openSqliteStore(newPath())).close()
  const db = new DatabaseSync(path)
  db.exec('PRAGMA user_version = 99')
  db.close()
  const error = await appError('store-failed', () => openSqliteStore(path))
  expect(error.message).toMatch(/has schema 99, and this version knows up to \d/)
  expect(error.hint).toMatch(/newer version/)
})

test("another program's database is refused", async () => {
  const db = new DatabaseSync(newPath())
  db.exec('CREATE TABLE theirs (x)')
  db.close()
  const error = await appError('store-failed', () => openSqliteStore(path))
  expect(error.message).toMatch(/another program/)
})

test('a file that is no database is refused, and left as it is', async () => {
  await writeFile(newPath(), 'dear diary '.repeat(500))
  await appError('store-failed', () => openSqliteStore(path))
  expect(await readFile(path, 'utf8')).toMatch(/^dear diary/)
})

test('a folder that does not exist is named', async () => {
  const error = await appError('store-failed', () => openSqliteStore(join(folder, 'nowhere', 'todo.db')))
  expect(error.message).toMatch(/the folder .*nowhere does not exist/)
})

test('a folder in place of the file is refused', async () => {
  await appError('store-failed', () => openSqliteStore(folder))
})

test('keys that are too old go with the next ones, a few at a time', async () => {
  const store = await openSqliteStore(newPath())
  for (let index = 0; index < 25; index += 1)
    await store.add(newTodo(), { key: `old ${index}`, bodyHash: 'x' })
  const db = new DatabaseSync(path)
  db.exec('UPDATE idempotency SET used_at = 0')
  const kept: number[] = []
  for (let index = 0; index < 4; index += 1) {
    await store.add(newTodo(), { key: `new ${index}`, bodyHash: 'x' })
    kept.push(Number(db.prepare('SELECT count(*) AS n FROM idempotency WHERE used_at = 0').get()?.n))
  }
  expect(kept).toEqual([15, 5, 0, 0])
  db.close()
  await store.close()
})

test('a file that another process keeps locked is unavailable, and works when it is free', async () => {
  const store = await openSqliteStore(newPath())
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await expect(store.add(newTodo())).rejects.toBeInstanceOf(StoreUnavailable)
  expect(await store.list({ limit: 1 })).toEqual([])
  other.exec('ROLLBACK')
  expect(await store.add(newTodo())).toMatchObject({ outcome: 'added' })
  other.close()
  await store.close()
})

test.each([
  ['removed', (file: string) => rm(file)],
  [
    'replaced by another',
    async (file: string) => {
      await rm(file)
      await writeFile(file, '')
    },
  ],
])('a file that was %s is unavailable: what is written to it would be lost', async (_how, change) => {
  const store = await openSqliteStore(newPath())
  await store.ping()
  await change(path)
  await expect(store.ping()).rejects.toBeInstanceOf(StoreUnavailable)
  await store.close()
})

test('processes on one file lose no update, and none is told to try later', async () => {
  const store = await openSqliteStore(newPath())
  const todo = newTodo({ description: '0' })
  await store.add(todo)
  await Promise.all(Array.from({ length: 3 }, () => countUpInProcess(path, todo.id, 12)))
  expect(await store.get({ id: todo.id })).toMatchObject({ description: '36', version: 37 })
  await store.close()
})

test('processes that open a new file at the same time make one store of it', async () => {
  const file = newPath()
  const stores = await Promise.all([
    fillInProcess(file, 400),
    fillInProcess(file, 400),
    openSqliteStore(file),
  ])
  const ids = stores.slice(0, 2).flatMap((filled) => (filled as Filled).ids)
  const store = stores[2] as TodoStore
  expect((await store.list({ limit: 10_000 })).map(({ id }) => id)).toEqual(ids.sort())
  await store.close()
})

test('on a full disk writes are unavailable, reads go on, and what was acknowledged is there afterwards', async () => {
  const { ids, afterwards } = await fillInProcess(newPath(), 400)
  expect(afterwards).toEqual(['unavailable', 'unavailable', 'done'])
  expect(ids.length).toBeGreaterThan(5)
  const store = await openSqliteStore(path)
  expect((await store.list({ limit: 1000 })).map(({ id }) => id)).toEqual(ids)
  expect(await store.add(newTodo(), { key: 'k', bodyHash: 'h' })).toMatchObject({ outcome: 'added' })
  await store.close()
})
