/** The files of one certificate on the disk. */
import { join } from 'node:path'
import { createFiles, ensurePrivateDir, type NewFile } from '../../../core/private-file.ts'
import type { Context } from '../../context.ts'
import type { ProcessLock } from '../../process-lock.ts'

/** Milliseconds. A set is written in a few; past this, whoever has the lock is stopped, or the folder knows no locks. */
const PATIENCE = 10_000

/**
 * Writes the set, one process at a time: of two that replace the same one at once, each would otherwise leave some of its
 * files, and the key of one would stand beside the certificate of the other.
 *
 * @throws AppError `output-exists` or `output-unwritable`
 */
export async function writeSet(
  context: Pick<Context, 'home' | 'io'>,
  files: readonly NewFile[],
  force: boolean,
): Promise<void> {
  const lock = await takeLock(context)
  try {
    await createFiles(files, { force })
  } finally {
    lock?.release()
  }
}

/** A lock that can not be had is no reason not to write: a container may have no home, and then it has no second process. */
async function takeLock({ home, io }: Pick<Context, 'home' | 'io'>): Promise<ProcessLock | undefined> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(PATIENCE)])
  try {
    await ensurePrivateDir(home.journals)
    const { waitForLock } = await import('../../process-lock.ts')
    return await waitForLock(join(home.journals, 'certificates.lock'), signal)
  } catch (error) {
    if (io.signal.aborted) throw error
    return undefined
  }
}
