import type { Pool } from 'pg'
import { AppError } from '../../core/errors.ts'

/** The schema's history. A step that was released is never edited: add one. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE todos (
     id uuid PRIMARY KEY,
     owner text COLLATE "C" NOT NULL,
     description text NOT NULL,
     done boolean NOT NULL,
     created_at timestamptz(3) NOT NULL,
     updated_at timestamptz(3) NOT NULL,
     version integer NOT NULL
   );
   CREATE INDEX todos_by_owner ON todos (owner, id);
   CREATE INDEX todos_by_done ON todos (done, id);
   CREATE INDEX todos_by_owner_and_done ON todos (owner, done, id);
   CREATE TABLE idempotency (
     key text COLLATE "C" PRIMARY KEY,
     body_hash text NOT NULL,
     todo text NOT NULL,
     used_at timestamptz NOT NULL
   );
   CREATE INDEX idempotency_by_age ON idempotency (used_at);`,
]

/** Taken by whoever migrates: the others wait, and then find it done. */
const MIGRATION_LOCK = 0x746f_646e

/**
 * Applies the steps that the database lacks, all or none.
 *
 * @throws AppError `store-failed` for a schema that is newer than this program
 */
export async function migratePostgres(pool: Pool): Promise<void> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    await client.query('CREATE TABLE IF NOT EXISTS todo_api_schema (version integer NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM todo_api_schema')
    const version = rows[0]?.version ?? 0
    if (version > MIGRATIONS.length) {
      throw new AppError(
        'store-failed',
        `the database has schema ${version}, and this version knows up to ${MIGRATIONS.length}`,
        { hint: 'start the newer version of todo-api that wrote it' },
      )
    }
    for (const step of MIGRATIONS.slice(version)) await client.query(step)
    await client.query('DELETE FROM todo_api_schema')
    await client.query('INSERT INTO todo_api_schema VALUES ($1)', [MIGRATIONS.length])
    await client.query('COMMIT')
  } catch (error) {
    failure = error instanceof Error ? error : new Error('unknown error')
    throw error
  } finally {
    client.release(failure)
  }
}
