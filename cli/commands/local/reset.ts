import { access } from 'node:fs/promises'
import { AppError } from '../../../core/errors.ts'
import { removeFolder } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { removeLocalProfile } from './profile.ts'
import { inUse, isFree } from './state.ts'
import { stopRunning } from './stop.ts'

/** `todo-cli local reset`: stops the tenant and removes its state, its todos and the profile `local`. */
export const reset: Action = async (context) => {
  const { home, out } = context
  // A damaged record of a run must not stand in the way of clearing it.
  await stopRunning(context).catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== 'local-state-invalid') throw error
  })
  const existed = await access(home.local).then(
    () => true,
    () => false,
  )
  if (existed) {
    // It is not taken from under a tenant that still runs, whatever its record says.
    if (!(await isFree(home.local))) throw inUse(home.local)
    await removeFolder(home.local)
  }
  await removeLocalProfile(home.profiles)
  if (out.json) out.value({ removed: existed })
  out.note(existed ? `removed ${home.local}` : 'there was no state to remove')
  return undefined
}
