import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backupStore } from '../../../../api/store/backup.ts'
import { openSqliteStore } from '../../../../api/store/sqlite.ts'
import { newTodo } from '../../../contract/store.ts'
import { appError } from '../../../support/app-error.ts'

let folder: string
let source: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'todo-backup-'))
  source = join(folder, 'source.db')
})
afterAll(() => rm(folder, { recursive: true }))

test('a backup that is made while the store is open has what was written, and opens by itself', async () => {
  const store = await openSqliteStore(source)
  const todo = newTodo()
  await store.add(todo)
  const copy = join(folder, 'copy.db')
  await backupStore(`sqlite:${source}`, copy)
  await store.add(newTodo())
  expect((await stat(copy)).mode & 0o777).toBe(0o600)
  const restored = await openSqliteStore(copy)
  expect(await restored.list({ limit: 10 })).toEqual([todo])
  await restored.close()
  await store.close()
})

/** The files there, but for SQLite's own beside the source, which a reader may make. */
const files = async () => (await readdir(folder)).filter((name) => !name.startsWith('source.db-'))

test('it never replaces a file, and leaves nothing half-written', async () => {
  const before = await files()
  await appError('output-exists', () => backupStore(`sqlite:${source}`, source))
  await appError('output-unwritable', () => backupStore(`sqlite:${source}`, join(folder, 'nowhere', 'x.db')))
  expect(await files()).toEqual(before)
})

test('a store that is not there is named, and not made', async () => {
  const before = await files()
  const typo = join(folder, 'typo.db')
  const error = await appError('store-failed', () => backupStore(`sqlite:${typo}`, join(folder, 'x.db')))
  expect(error.message).toMatch(/typo\.db: there is no such file/)
  expect(await files()).toEqual(before)
})

test('a file that is no store is refused', async () => {
  const diary = join(folder, 'diary.txt')
  await writeFile(diary, 'dear diary '.repeat(500))
  await appError('store-failed', () => backupStore(`sqlite:${diary}`, join(folder, 'x.db')))
  await appError('store-failed', () => backupStore(`sqlite:${folder}`, join(folder, 'x.db')))
})

test.each(['', 'sqlite::memory:', 'postgres://localhost/todo'])(
  'DATABASE_URL=%s has no such backup',
  async (url) => {
    await appError('server-config-invalid', () => backupStore(url, join(folder, 'x.db')))
  },
)
