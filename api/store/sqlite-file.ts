import { chmod, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError, systemCode } from '../../core/errors.ts'
import { SQLITE_MIGRATIONS } from './sqlite-migrations.ts'

/** "todo" in ASCII, in the file's header: so that another program's file is not taken for ours. */
const APPLICATION_ID = 0x746f646f

export const MEMORY = ':memory:'

/**
 * Opens the database file, makes it where there is none (0600), and brings its schema up to date.
 *
 * An acknowledged write survives `kill -9` and power loss: write-ahead log with `synchronous=FULL`, which syncs the log
 * at every commit (https://sqlite.org/pragma.html#pragma_synchronous).
 *
 * @throws AppError `store-failed`
 */
export async function openSqliteFile(path: string): Promise<DatabaseSync> {
  if (path !== MEMORY) await makePrivate(path)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: 2000, enableForeignKeyConstraints: true })
    // Negative: kB. The default of 2 MB makes a page of 1,000,000 rows cost 1.7 times as much.
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF',
    )
    migrate(db, path)
    return db
  } catch (error) {
    db?.close()
    if (error instanceof AppError) throw error
    throw new AppError('store-failed', `can not open the store ${path}: ${reasonOf(error)}`, {
      hint: 'name another file in DATABASE_URL, or restore this one from a backup',
      cause: error,
    })
  }
}

/** Tells whether the name still leads to the file that it leads to now. */
export async function fileWatch(path: string): Promise<() => Promise<boolean>> {
  const opened = await stat(path)
  return () =>
    stat(path).then(
      ({ dev, ino }) => dev === opened.dev && ino === opened.ino,
      () => false,
    )
}

/** SQLite would make the file by the umask, and its log files like it. */
async function makePrivate(path: string): Promise<void> {
  try {
    const handle = await open(path, 'a', 0o600)
    await handle.close()
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600)
  } catch (error) {
    const code = systemCode(error)
    const reason =
      code === 'ENOENT'
        ? `the folder ${dirname(path)} does not exist`
        : code === 'EISDIR'
          ? 'it is a folder'
          : (code ?? 'unknown reason')
    throw new AppError('store-failed', `can not open the store ${path}: ${reason}`, {
      hint: 'name a file in a folder that exists and that you may write to: DATABASE_URL=sqlite:<file>',
      cause: error,
    })
  }
}

/** Applies the steps that the file lacks, each in a transaction of its own; several processes may start at once. */
function migrate(db: DatabaseSync, path: string): void {
  const pragma = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
  db.exec('BEGIN IMMEDIATE')
  try {
    const version = pragma('user_version')
    const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n)
    if (tables > 0 && pragma('application_id') !== APPLICATION_ID) {
      throw new AppError('store-failed', `${path} is a database of another program`, {
        hint: 'name another file: DATABASE_URL=sqlite:<file>',
      })
    }
    if (version > SQLITE_MIGRATIONS.length) {
      throw new AppError(
        'store-failed',
        `${path} has schema ${version}, and this version knows up to ${SQLITE_MIGRATIONS.length}`,
        { hint: 'start the newer version of todo-api that wrote it, or restore an older backup' },
      )
    }
    for (const step of SQLITE_MIGRATIONS.slice(version)) db.exec(step)
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SQLITE_MIGRATIONS.length}`)
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n')[0] ?? text
}
