import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { callAdmin, findRunning, forgetRunning, inUse, isFree, readRunning } from './state.ts'

/** `todo-cli local stop`: stopping what does not run is no error. */
export const stop: Action = async (context) => {
  const stopped = await stopRunning(context)
  if (context.out.json) context.out.value({ stopped })
  context.out.note(stopped ? 'the local tenant is stopped; its state stays' : 'the local tenant does not run')
  return undefined
}

/**
 * Asks the tenant to stop and waits until it has let go of its state. It is asked through its admin interface, never by its
 * process id, which could be another program's by now.
 */
export async function stopRunning(context: Context): Promise<boolean> {
  const stateDir = context.home.local
  const status = await findRunning(context)
  if (status === undefined) {
    if (!(await isFree(stateDir))) throw inUse(stateDir)
    if ((await readRunning(stateDir)) !== undefined) await forgetRunning(stateDir)
    return false
  }
  await callAdmin(context, status, 'POST', '/stop')
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isFree(stateDir)) return true
    await wait(50, undefined, { signal: context.io.signal })
  }
  throw new AppError('local-start-failed', `the local tenant (pid ${status.pid}) does not stop`, {
    hint: `kill ${status.pid}`,
  })
}
