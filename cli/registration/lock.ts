import { join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { ensurePrivateDir } from '../../core/private-file.ts'
import { tryLock } from '../process-lock.ts'

/**
 * Runs what only one process at a time may do to an app. The lock goes with the process, however that ends.
 *
 * @throws AppError `run-already` where another process is at it
 */
export async function exclusively<T>(folder: string, action: () => Promise<T>): Promise<T> {
  await ensurePrivateDir(folder)
  const lock = await tryLock(join(folder, 'registrations.lock'))
  if (lock === undefined) {
    throw new AppError('run-already', 'another run of todo-cli changes app registrations now', {
      hint: 'wait until it ends, then run this again',
    })
  }
  try {
    return await action()
  } finally {
    lock.release()
  }
}
