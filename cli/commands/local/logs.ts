import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, systemCode } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import { LOG, OLDER_LOG } from './log.ts'

/** `todo-cli local logs`: what was written before the log was begun anew comes first. */
export const logs: Action = async ({ home, io }) => {
  const path = join(home.local, LOG)
  try {
    const log = await readFile(path, 'utf8')
    io.stdout.write((await readFile(join(home.local, OLDER_LOG), 'utf8').catch(() => '')) + log)
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') {
      throw new AppError('file-unreadable', `the log can not be read: ${path}`, {
        hint: 'check that it is a file of yours, or name another folder in the variable TODO_CLI_HOME',
        cause,
      })
    }
    throw new AppError('local-not-running', 'there is no log: the local tenant was never started', {
      hint: 'todo-cli local start',
      cause,
    })
  }
  return undefined
}
