import { mkdir, mkdtemp, open as openFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../../tenant/store.ts'

interface Thing {
  readonly id: string
  readonly value: number
}

let folder: string
let path: string
const open: Store[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-store-'))
  path = join(folder, 'tenant.db')
})
afterEach(async () => {
  for (const store of open.splice(0)) store.close()
  await rm(folder, { recursive: true })
})

function opened(file?: string): Store {
  const store = openStore(file)
  open.push(store)
  return store
}
const things = (store: Store) => store.collection<Thing>('thing')
function closed(store: Store): void {
  open.splice(open.indexOf(store), 1)
  store.close()
}

describe('a store', () => {
  test('gives back what was put, after it was opened again, in the same order', () => {
    const first = opened(path)
    for (const id of ['b', 'a', 'c']) things(first).put({ id, value: 1 })
    things(first).put({ id: 'b', value: 2 })
    things(first).delete('a')
    closed(first)
    expect(things(opened(path)).all()).toEqual([
      { id: 'b', value: 2 },
      { id: 'c', value: 1 },
    ])
  })

  test('lists what there is after each change, and leaves the lists that it gave before alone', () => {
    const store = opened()
    const before = things(store).all()
    things(store).put({ id: 'x', value: 1 })
    const between = things(store).all()
    things(store).put({ id: 'x', value: 2 })
    expect(things(store).all()).toEqual([{ id: 'x', value: 2 }])
    things(store).delete('x')
    expect([before, between, things(store).all()]).toEqual([[], [{ id: 'x', value: 1 }], []])
  })

  test('keeps kinds apart', () => {
    const store = opened()
    things(store).put({ id: 'x', value: 1 })
    expect(store.collection<Thing>('other').get('x')).toBeUndefined()
  })

  test('undoes a transaction that throws', () => {
    const store = opened()
    things(store).put({ id: 'x', value: 1 })
    const work = () =>
      store.transaction(() => {
        things(store).put({ id: 'x', value: 2 })
        things(store).put({ id: 'y', value: 2 })
        expect(things(store).all()).toHaveLength(2)
        throw new Error('no')
      })
    expect(work).toThrow('no')
    expect(things(store).all()).toEqual([{ id: 'x', value: 1 }])
  })

  test('is a 0600 file', async () => {
    opened(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('can not be opened twice', () => {
    things(opened(path)).put({ id: 'x', value: 1 })
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: 'local-state-in-use',
        message: expect.stringContaining('in use by another process'),
      }),
    )
  })

  test('that is no database is refused', async () => {
    await writeFile(
      path,
      'not a database, but longer than the header of one would be, to be sure of it'.repeat(20),
    )
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({ code: 'local-state-invalid', message: `the state in ${path} is damaged` }),
    )
  })

  test('that is cut off is refused', async () => {
    const store = opened(path)
    for (let value = 0; value < 500; value += 1)
      things(store).put({ id: `${value}-${'x'.repeat(100)}`, value })
    closed(store)
    await truncate(path, 8192)
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'local-state-invalid' }))
  })

  test('with a damaged page amid sound ones is refused when it is opened, not when that is read', async () => {
    const store = opened(path)
    for (let value = 0; value < 500; value += 1)
      things(store).put({ id: `${value}-${'x'.repeat(100)}`, value })
    closed(store)
    const file = await openFile(path, 'r+')
    await file.write(Buffer.alloc(4096, 7), 0, 4096, 3 * 4096)
    await file.close()
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({ code: 'local-state-invalid', message: `the state in ${path} is damaged` }),
    )
  })

  test('whose file can not be written says so, and is not called damaged', async () => {
    await mkdir(path)
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: 'output-unwritable',
        message: `can not write ${path}: it is a folder`,
      }),
    )
    expect(() => openStore(join(folder, 'none', 'tenant.db'))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/its folder does not exist$/) }),
    )
  })

  test('whose disk does not do its part is not called damaged', async () => {
    // SQLite can not make its write-ahead log.
    await mkdir(`${path}-wal`)
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: 'output-unwritable',
        message: expect.stringContaining('disk I/O error'),
        hint: expect.not.stringContaining('reset'),
      }),
    )
  })

  test('that lacks its table is refused', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version=2')
    database.close()
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({ code: 'local-state-invalid', message: `the state in ${path} is damaged` }),
    )
  })

  test('that was refused is left to others', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const version = (to: number) => {
      const database = new DatabaseSync(path)
      database.exec(`PRAGMA user_version=${to}`)
      database.close()
    }
    version(99)
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'local-state-invalid' }))
    version(0)
    expect(things(opened(path)).all()).toEqual([])
  })

  test('of a later version is refused', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA user_version=99')
    database.close()
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: 'local-state-invalid',
        message: expect.stringContaining('another version'),
      }),
    )
  })
})
