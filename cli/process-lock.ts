/**
 * A lock between processes: SQLite's exclusive lock on a file of its own. The operating system releases it with the process,
 * however that ends, so a lock can not go stale.
 */
import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'

export interface ProcessLock {
  release(): void
}

/** SQLITE_BUSY. https://sqlite.org/rescode.html */
const BUSY = 5

/**
 * Takes the lock, or gives undefined where another process has it. The file is made, 0600, where it is not there.
 *
 * @throws what the file system or SQLite says, for instance where the file is no database
 */
export async function tryLock(path: string): Promise<ProcessLock | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  // SQLite itself would create the file with what the umask leaves.
  await (await open(path, 'a', 0o600)).close()
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined
    throw error
  }
  const held = database
  return { release: () => held.close() }
}
