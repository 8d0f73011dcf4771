/**
 * The tenant's state: documents by kind and id, in one SQLite file.
 *
 * Each change is one transaction, synced (`synchronous=FULL`) before it counts, so a `kill -9` at any moment loses
 * nothing that was answered. Reads come from memory: this process is the only one that has the file open.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../core/errors.ts'

const SCHEMA_VERSION = 2

export interface Document {
  readonly id: string
}

/** All documents of one kind, in the order in which they were first put. */
export interface Collection<T extends Document> {
  get(id: string): T | undefined
  all(): readonly T[]
  put(document: T): void
  delete(id: string): void
}

export interface Store {
  collection<T extends Document>(kind: string): Collection<T>
  /** All changes that `work` makes, or none when it throws. Does not nest, and must not wait for anything. */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens the state file, or makes it; without a path all is in memory.
 *
 * @throws AppError `local-state-invalid` when it is damaged or of another version, `local-state-in-use`
 */
export function openStore(path?: string): Store {
  // Made by hand, so that it is never wider than 0600, not even for a moment.
  if (path !== undefined) closeSync(openSync(path, 'a', 0o600))
  try {
    const database = new DatabaseSync(path ?? ':memory:')
    try {
      prepare(database, path ?? ':memory:')
      return overDatabase(database)
    } catch (error) {
      database.close()
      throw error
    }
  } catch (error) {
    throw invalidState(path ?? ':memory:', error)
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // EXCLUSIVE keeps a second tenant out of the same file, and ends with the process however that ends.
  database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;')
  const version = database.prepare('PRAGMA user_version').get()?.user_version
  if (version === SCHEMA_VERSION) {
    const check = database.prepare('PRAGMA quick_check').get()?.quick_check
    if (check !== 'ok') throw new Error(String(check))
    return
  }
  if (version !== 0) {
    throw new AppError('local-state-invalid', `${path} was written by another version of this program`, {
      hint: RESET,
    })
  }
  database.exec(`BEGIN IMMEDIATE;
    CREATE TABLE document (
      kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
    PRAGMA user_version=${SCHEMA_VERSION};
    COMMIT;`)
}

function overDatabase(database: DatabaseSync): Store {
  const select = database.prepare('SELECT id, body FROM document WHERE kind = ? ORDER BY seq')
  const upsert = database.prepare(
    `INSERT INTO document (kind, id, body, seq) VALUES (?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM document))
     ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`,
  )
  const remove = database.prepare('DELETE FROM document WHERE kind = ? AND id = ?')
  const cached = new Map<string, Map<string, Document>>()
  const listed = new Map<string, readonly Document[]>()

  const documentsOf = <T extends Document>(kind: string): Map<string, T> => {
    const known = cached.get(kind)
    // One kind has one type: each `collection` call names both, and nothing else writes the table.
    if (known !== undefined) return known as Map<string, T>
    const loaded = new Map(select.all(kind).map((row) => [String(row.id), JSON.parse(String(row.body)) as T]))
    cached.set(kind, loaded)
    return loaded
  }
  const listOf = <T extends Document>(kind: string): readonly T[] => {
    const known = listed.get(kind)
    if (known !== undefined) return known as readonly T[]
    const list = [...documentsOf<T>(kind).values()]
    listed.set(kind, list)
    return list
  }

  return {
    collection: <T extends Document>(kind: string): Collection<T> => ({
      get: (id) => documentsOf<T>(kind).get(id),
      all: () => listOf<T>(kind),
      put: (document) => {
        upsert.run(kind, document.id, JSON.stringify(document))
        documentsOf<T>(kind).set(document.id, document)
        listed.delete(kind)
      },
      delete: (id) => {
        remove.run(kind, id)
        documentsOf<T>(kind).delete(id)
        listed.delete(kind)
      },
    }),
    transaction: (work) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        cached.clear()
        listed.clear()
        throw error
      }
    },
    close: () => database.close(),
  }
}

const RESET = 'start anew, which forgets its apps, certificates and secrets: todo-cli local reset'

function invalidState(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const busy = cause instanceof Error && 'errcode' in cause && cause.errcode === SQLITE_BUSY
  return busy
    ? new AppError('local-state-in-use', `${path} is in use by another process`, {
        hint: 'stop the local tenant that runs: todo-cli local stop',
        cause,
      })
    : new AppError('local-state-invalid', `the state in ${path} is damaged`, { hint: RESET, cause })
}

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5
