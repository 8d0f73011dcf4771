/**
 * The tenant's state: documents by kind and id, in one SQLite file.
 *
 * Each change is one transaction, synced (`synchronous=FULL`) before it counts, so a `kill -9` at any moment loses
 * nothing that was answered. Reads come from memory: this process is the only one that has the file open.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../core/errors.ts'
import { unwritable } from '../core/private-file.ts'

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
 * @throws AppError `local-state-invalid` when it is damaged or of another version, `local-state-in-use`,
 * `output-unwritable`
 */
export function openStore(path?: string): Store {
  if (path !== undefined) makeFile(path)
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

/** By hand, so that it is never wider than 0600, not even for a moment. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw unwritable(path, error, WRITABLE)
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

const WRITABLE =
  'see that the disk has room and that you may write there, then start again: todo-cli local start'
const RESET = 'start anew, which forgets its apps, certificates and secrets: todo-cli local reset'

function invalidState(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = primaryCode(cause)
  if (code === SQLITE_BUSY) {
    return new AppError('local-state-in-use', `${path} is in use by another process`, {
      hint: 'stop the local tenant that runs: todo-cli local stop',
      cause,
    })
  }
  if (code !== undefined && NOT_THE_FILE.includes(code)) {
    const reason = cause instanceof Error ? cause.message : code
    return new AppError('output-unwritable', `can not open ${path}: ${reason}`, { hint: WRITABLE, cause })
  }
  return new AppError('local-state-invalid', `the state in ${path} is damaged`, { hint: RESET, cause })
}

/** What SQLite says, without the detail that its higher bits have. */
function primaryCode(cause: unknown): number | undefined {
  const isSqlite = cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number'
  return isSqlite ? Number(cause.errcode) & 0xff : undefined
}

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** READONLY, IOERR, FULL and CANTOPEN: the disk, or who may write to it. What is in the file may be sound. */
const NOT_THE_FILE: readonly number[] = [8, 10, 13, 14]
