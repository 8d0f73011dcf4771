import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Todo } from '../../core/todo.ts'
import { fileWatch, MEMORY, openSqliteFile } from './sqlite-file.ts'
import {
  type AddResult,
  IDEMPOTENCY_KEPT_MS,
  type Idempotency,
  type ListQuery,
  type RemoveResult,
  type StoredTodo,
  StoreUnavailable,
  type Target,
  type TodoChange,
  type TodoStore,
  type UpdateResult,
} from './store.ts'

const FIELDS = 'id, owner, description, done, created_at, updated_at'

type Row = Record<string, SQLInputValue>

/** How many keys that are too old go with each new one, so that cleaning up never takes long. */
const SWEEP = 10

/**
 * Todos in one SQLite file. Every call is one synchronous transaction, so within a process none can come between.
 *
 * @param path a file, or `:memory:`
 * @throws AppError `store-failed`
 */
export async function openSqliteStore(path: string): Promise<TodoStore> {
  const db = await openSqliteFile(path)
  return sqliteStore(db, path === MEMORY ? async () => true : await fileWatch(path))
}

/** @param isThere whether the file that was opened still has its name */
function sqliteStore(db: DatabaseSync, isThere: () => Promise<boolean>): TodoStore {
  const statements = new Map<string, StatementSync>()
  const sql = (text: string): StatementSync => {
    let statement = statements.get(text)
    if (statement === undefined) {
      statement = db.prepare(text)
      statements.set(text, statement)
    }
    return statement
  }

  /** Rows as arrays: node:sqlite's objects have no prototype, and cost twice as much to make and to read. */
  const pageStatement = (text: string) => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const statement = sql(text)
    statement.setReturnArrays(true)
    return statement
  }

  const insert = (todo: Todo): StoredTodo => {
    sql(`INSERT INTO todos (${FIELDS}, version) VALUES (?, ?, ?, ?, ?, ?, 1)`).run(
      todo.id,
      todo.owner,
      todo.description,
      todo.done ? 1 : 0,
      todo.createdAt,
      todo.updatedAt,
    )
    return { ...todo, version: 1 }
  }

  const find = ({ id, owner }: Pick<Target, 'id' | 'owner'>): StoredTodo | undefined => {
    const row = sql(`SELECT ${FIELDS}, version FROM todos WHERE id = ?`).get(id)
    return row === undefined || (owner !== undefined && row.owner !== owner) ? undefined : storedTodo(row)
  }

  const add = (todo: Todo, { key, bodyHash }: Idempotency): AddResult => {
    const now = Date.now()
    sql(
      'DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE used_at < ? ORDER BY used_at LIMIT ?)',
    ).run(now - IDEMPOTENCY_KEPT_MS, SWEEP)
    const before = sql('SELECT body_hash, todo FROM idempotency WHERE key = ? AND used_at >= ?').get(
      key,
      now - IDEMPOTENCY_KEPT_MS,
    )
    if (before !== undefined && before.body_hash !== bodyHash) return { outcome: 'key-reused' }
    if (before !== undefined)
      return { outcome: 'replayed', todo: JSON.parse(String(before.todo)) as StoredTodo }
    const added = insert(todo)
    sql('INSERT OR REPLACE INTO idempotency (key, body_hash, todo, used_at) VALUES (?, ?, ?, ?)').run(
      key,
      bodyHash,
      JSON.stringify(added),
      now,
    )
    return { outcome: 'added', todo: added }
  }

  const update = (target: Target, change: TodoChange, at: string): UpdateResult => {
    const before = find(target)
    if (before === undefined) return { outcome: 'missing' }
    if (target.versions !== undefined && !target.versions.includes(before.version))
      return { outcome: 'changed' }
    const todo: StoredTodo = {
      ...before,
      owner: change.owner ?? before.owner,
      description: change.description ?? before.description,
      done: change.done ?? before.done,
      updatedAt: at,
      version: before.version + 1,
    }
    sql(
      'UPDATE todos SET owner = ?, description = ?, done = ?, updated_at = ?, version = ? WHERE id = ?',
    ).run(todo.owner, todo.description, todo.done ? 1 : 0, todo.updatedAt, todo.version, todo.id)
    return { outcome: 'updated', todo }
  }

  const remove = (target: Target): RemoveResult => {
    const before = find(target)
    if (before === undefined) return 'missing'
    if (target.versions !== undefined && !target.versions.includes(before.version)) return 'changed'
    sql('DELETE FROM todos WHERE id = ?').run(target.id)
    return 'removed'
  }

  /** Takes the write lock before it reads: another process can't change what was read before it is written. */
  const transaction = <T>(work: () => T): T =>
    attempt(() => {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        db.exec('COMMIT')
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    })

  return {
    list: async (query) =>
      attempt(() => {
        const rows: unknown[] = pageStatement(listSql(query)).all(...listValues(query))
        return rows.map(todoOfColumns)
      }),
    get: async (target) => attempt(() => find(target)),
    add: async (todo, idempotency) =>
      idempotency === undefined
        ? { outcome: 'added', todo: attempt(() => insert(todo)) }
        : transaction(() => add(todo, idempotency)),
    seed: async (todos) =>
      transaction(() => {
        if (sql('SELECT 1 FROM todos LIMIT 1').get() === undefined) for (const todo of todos) insert(todo)
      }),
    update: async (target, change, at) => transaction(() => update(target, change, at)),
    remove: async (target) => transaction(() => remove(target)),
    ping: async () => {
      attempt(() => sql('SELECT 1 FROM todos LIMIT 1').get())
      // An open file goes on taking writes after somebody removed it, and loses them all at the end.
      if (!(await isThere())) throw new StoreUnavailable('the file was removed or replaced')
    },
    close: async () => {
      if (db.isOpen) db.close()
    },
  }
}

function listSql({ owner, done }: ListQuery): string {
  const conditions = [
    ...(owner === undefined ? [] : ['owner = ?']),
    ...(done === undefined ? [] : ['done = ?']),
    'id > ?',
  ]
  return `SELECT ${FIELDS} FROM todos WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ?`
}

function listValues({ owner, done, after = '', limit }: ListQuery): SQLInputValue[] {
  return [
    ...(owner === undefined ? [] : [owner]),
    ...(done === undefined ? [] : [done ? 1 : 0]),
    after,
    limit,
  ]
}

/** With {@link FIELDS} in their order. */
function todoOfColumns(row: unknown): Todo {
  const [id, owner, description, done, createdAt, updatedAt] = row as [
    string,
    string,
    string,
    number,
    string,
    string,
  ]
  return { id, owner, description, done: done === 1, createdAt, updatedAt }
}

function todoOf(row: Row): Todo {
  return {
    id: row.id as string,
    owner: row.owner as string,
    description: row.description as string,
    done: row.done === 1,
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
  }
}

function storedTodo(row: Row): StoredTodo {
  return { ...todoOf(row), version: row.version as number }
}

/** SQLite's result codes for "not now": BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN (https://sqlite.org/rescode.html). */
const NOT_NOW = new Set([5, 6, 8, 10, 13, 14])

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const { code, errcode } = cause as { code?: unknown; errcode?: unknown }
    const closed = code === 'ERR_INVALID_STATE'
    if (closed || (typeof errcode === 'number' && NOT_NOW.has(errcode & 0xff))) {
      throw new StoreUnavailable('the store does not answer', { cause })
    }
    throw cause
  }
}
