import { randomBytes } from 'node:crypto'
import { link, open, rm, stat } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { AppError, systemCode } from '../../core/errors.ts'
import { MEMORY } from './sqlite-file.ts'

/**
 * Copies the store into a new file (0600) while the API runs and writes: SQLite's online backup, one consistent state.
 * The file appears when it is complete, under its own name, and never over another one.
 *
 * @throws AppError `store-failed`, `output-exists`, `output-unwritable`, `server-config-invalid`
 */
export async function backupStore(databaseUrl: string, file: string): Promise<void> {
  const source = /^sqlite:(.+)$/.exec(databaseUrl)?.[1]
  if (source === undefined || source === MEMORY) {
    throw new AppError('server-config-invalid', 'backup is for DATABASE_URL=sqlite:<file>', {
      hint: 'for PostgreSQL use pg_dump, or the backups of its provider',
    })
  }
  const db = await openToRead(source)
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const handle = await open(temporary, 'wx', 0o600)
    await backup(db, temporary)
    await handle.sync()
    await handle.close()
    await link(temporary, file)
  } catch (error) {
    throw toAppError(file, error)
  } finally {
    db.close()
    await rm(temporary, { force: true })
  }
}

/** Read-only: a backup neither makes a store where there is none, nor changes the schema of an older one. */
async function openToRead(path: string): Promise<DatabaseSync> {
  try {
    await stat(path)
    const db = new DatabaseSync(path, { readOnly: true })
    db.prepare('SELECT count(*) FROM todos').get()
    return db
  } catch (error) {
    const reason = systemCode(error) === 'ENOENT' ? 'there is no such file' : 'it is not a store of todos'
    throw new AppError('store-failed', `can not back up ${path}: ${reason}`, {
      hint: 'name the file that the API uses: DATABASE_URL=sqlite:<file>',
      cause: error,
    })
  }
}

function toAppError(file: string, error: unknown): AppError {
  const code = systemCode(error)
  return code === 'EEXIST'
    ? new AppError('output-exists', `${file} exists already`, { hint: 'choose another name', cause: error })
    : new AppError('output-unwritable', `can not write the backup ${file}: ${code ?? 'unknown reason'}`, {
        hint: 'choose a folder that exists and that you may write to',
        cause: error,
      })
}
