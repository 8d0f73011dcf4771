import { Pool, type PoolClient, type QueryResultRow } from 'pg'
import { AppError } from '../../core/errors.ts'
import type { Todo } from '../../core/todo.ts'
import { poolOptions } from './postgres-connection.ts'
import { isUnavailable, reasonOf } from './postgres-errors.ts'
import { migratePostgres } from './postgres-migrations.ts'
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

const FIELDS = 'id, owner, description, done, created_at, updated_at, version'

interface Row extends QueryResultRow {
  readonly id: string
  readonly owner: string
  readonly description: string
  readonly done: boolean
  readonly created_at: Date
  readonly updated_at: Date
  readonly version: number
}

type Runner = Pick<PoolClient, 'query'>

/** Taken by whoever seeds, so that two processes never both find nothing. Any number, the same everywhere. */
const SEED_LOCK = 0x746f_646f

/**
 * Todos in PostgreSQL, through a pool. Several processes may share one database: each change is one statement, or one
 * transaction, that checks the version where it writes it.
 *
 * @throws AppError `store-failed`
 */
export async function openPostgresStore(url: string): Promise<TodoStore> {
  const pool = new Pool(poolOptions(url))
  // A connection that breaks is replaced at its next use. Without a listener it would end the process: the pool's hears
  // of idle ones only, so one that breaks within a transaction needs its own.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await migratePostgres(pool)
  } catch (error) {
    await pool.end()
    if (error instanceof AppError) throw error
    throw new AppError('store-failed', `can not open the PostgreSQL store: ${reasonOf(error)}`, {
      hint: 'check DATABASE_URL, and that the server runs and lets this user in',
      cause: error,
    })
  }
  return postgresStore(pool)
}

function postgresStore(pool: Pool): TodoStore {
  let closing: Promise<void> | undefined

  /** One transaction on one connection. The connection is thrown away where even the rollback fails. */
  async function transaction<T>(work: (client: Runner) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure
      })
      throw error
    } finally {
      client.release(broken)
    }
  }

  async function find({ id, owner }: Pick<Target, 'id' | 'owner'>): Promise<StoredTodo | undefined> {
    const { rows } = await pool.query<Row>(`SELECT ${FIELDS} FROM todos WHERE id = $1`, [id])
    const [row] = rows
    return row === undefined || (owner !== undefined && row.owner !== owner) ? undefined : storedTodo(row)
  }

  /** Why a statement with a condition met no row. */
  const whyNone = async (target: Target) => ((await find(target)) === undefined ? 'missing' : 'changed')

  return {
    list: (query) =>
      attempt(async () => {
        const { text, values } = listStatement(query)
        return (await pool.query<Row>(text, values)).rows.map(todoOf)
      }),
    get: (target) => attempt(() => find(target)),
    add: (todo, idempotency) =>
      attempt(() =>
        idempotency === undefined
          ? insert(pool, todo).then((added): AddResult => ({ outcome: 'added', todo: added }))
          : transaction((client) => addOnce(client, todo, idempotency)),
      ),
    seed: (todos) =>
      attempt(() =>
        transaction(async (client) => {
          await client.query('SELECT pg_advisory_xact_lock($1)', [SEED_LOCK])
          if ((await client.query('SELECT 1 FROM todos LIMIT 1')).rows.length > 0) return
          for (const todo of todos) await insert(client, todo)
        }),
      ),
    update: (target, change, at) =>
      attempt(async (): Promise<UpdateResult> => {
        const { rows } = await pool.query<Row>(UPDATE, updateValues(target, change, at))
        return rows[0] === undefined
          ? { outcome: await whyNone(target) }
          : { outcome: 'updated', todo: storedTodo(rows[0]) }
      }),
    remove: (target) =>
      attempt(async (): Promise<RemoveResult> => {
        const { rowCount } = await pool.query(`DELETE FROM todos WHERE ${TARGET}`, targetValues(target))
        return rowCount === 0 ? await whyNone(target) : 'removed'
      }),
    ping: () =>
      attempt(async () => {
        await pool.query('SELECT 1')
      }),
    close: () => {
      closing ??= pool.end()
      return closing
    },
  }
}

async function insert(runner: Runner, todo: Todo): Promise<StoredTodo> {
  await runner.query(`INSERT INTO todos (${FIELDS}) VALUES ($1, $2, $3, $4, $5, $6, 1)`, [
    todo.id,
    todo.owner,
    todo.description,
    todo.done,
    todo.createdAt,
    todo.updatedAt,
  ])
  return { ...todo, version: 1 }
}

/**
 * Takes the key first: whoever comes with the same one waits here until this transaction has ended, and then finds
 * either what it made, or the key free again.
 */
async function addOnce(client: Runner, todo: Todo, { key, bodyHash }: Idempotency): Promise<AddResult> {
  const oldest = new Date(Date.now() - IDEMPOTENCY_KEPT_MS)
  await client.query(
    `DELETE FROM idempotency WHERE key IN
       (SELECT key FROM idempotency WHERE used_at < $1 ORDER BY used_at LIMIT 10 FOR UPDATE SKIP LOCKED)`,
    [oldest],
  )
  const added: StoredTodo = { ...todo, version: 1 }
  const taken = await client.query(
    `INSERT INTO idempotency (key, body_hash, todo, used_at) VALUES ($1, $2, $3, now())
     ON CONFLICT (key) DO UPDATE SET body_hash = $2, todo = $3, used_at = now() WHERE idempotency.used_at < $4`,
    [key, bodyHash, JSON.stringify(added), oldest],
  )
  if (taken.rowCount === 1) {
    await insert(client, todo)
    return { outcome: 'added', todo: added }
  }
  const { rows } = await client.query<{ body_hash: string; todo: string }>(
    'SELECT body_hash, todo FROM idempotency WHERE key = $1',
    [key],
  )
  return rows[0]?.body_hash === bodyHash
    ? { outcome: 'replayed', todo: JSON.parse(rows[0].todo) as StoredTodo }
    : { outcome: 'key-reused' }
}

/** NULL stands for "whatever it is". */
const TARGET =
  'id = $1 AND ($2::text IS NULL OR owner = $2) AND ($3::integer[] IS NULL OR version = ANY ($3))'

const UPDATE = `UPDATE todos SET
    description = coalesce($4, description), done = coalesce($5, done), owner = coalesce($6, owner),
    updated_at = $7, version = version + 1
  WHERE ${TARGET} RETURNING ${FIELDS}`

/** The largest `integer` of PostgreSQL: no todo has a version beyond it. */
const INTEGER_MAX = 2_147_483_647

function targetValues({ id, owner, versions }: Target): unknown[] {
  return [id, owner ?? null, versions?.filter((version) => version <= INTEGER_MAX) ?? null]
}

function updateValues(target: Target, { description, done, owner }: TodoChange, at: string): unknown[] {
  return [...targetValues(target), description ?? null, done ?? null, owner ?? null, at]
}

function listStatement({ owner, done, after, limit }: ListQuery): { text: string; values: unknown[] } {
  const values: unknown[] = []
  const conditions: string[] = []
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return
    values.push(value)
    conditions.push(`${condition} $${values.length}`)
  }
  add('owner =', owner)
  add('done =', done)
  add('id >', after)
  values.push(limit)
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return { text: `SELECT ${FIELDS} FROM todos ${where} ORDER BY id LIMIT $${values.length}`, values }
}

function todoOf(row: Row): Todo {
  return {
    id: row.id,
    owner: row.owner,
    description: row.description,
    done: row.done,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

function storedTodo(row: Row): StoredTodo {
  return { ...todoOf(row), version: row.version }
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (isUnavailable(cause)) throw new StoreUnavailable('the store does not answer', { cause })
    throw cause
  }
}
