import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import { LOG } from './state.ts'

/** `todo-cli local logs` */
export const logs: Action = async ({ home, io }) => {
  try {
    io.stdout.write(await readFile(join(home.local, LOG), 'utf8'))
  } catch (cause) {
    throw new AppError('local-not-running', 'there is no log: the local tenant was never started', {
      hint: 'todo-cli local start',
      cause,
    })
  }
  return undefined
}
