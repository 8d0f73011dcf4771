/**
 * A lock between processes: SQLite's exclusive lock on a file of its own. The operating system releases it with the process,
 * however that ends, so a lock can not go stale.
 */
import { open } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { systemCode } from '../core/errors.ts'

export interface ProcessLock {
  release(): void
}

/** SQLITE_BUSY. https://sqlite.org/rescode.html */
const BUSY = 5

/**
 * Nothing is ever written, so there is nothing to undo: without these, each lock would make a journal beside the file, sync it
 * three times, and leave it there when the process is killed. https://sqlite.org/pragma.html#pragma_journal_mode
 */
const TAKE =
  'PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE'

/**
 * Takes the lock, or gives undefined where another process has it. The file is made, 0600, where it is not there.
 *
 * @throws what the file system or SQLite says, for instance where the file is no database
 */
export async function tryLock(path: string): Promise<ProcessLock | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  await makeLockFile(path)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    database.exec(TAKE)
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined
    throw error
  }
  const held = database
  return { release: () => held.close() }
}

/** Waits for the lock, which others have for a moment only. @throws like {@link tryLock}, and where `signal` is aborted */
export async function waitForLock(path: string, signal?: AbortSignal): Promise<ProcessLock> {
  for (;;) {
    const lock = await tryLock(path)
    if (lock !== undefined) return lock
    await wait(20 + Math.random() * 30, undefined, signal === undefined ? {} : { signal })
  }
}

/**
 * SQLite itself would make the file with what the umask leaves. One that is there is not opened: closing it would take this
 * process's own lock away (https://sqlite.org/howtocorrupt.html section 2.2).
 */
async function makeLockFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close()
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}
