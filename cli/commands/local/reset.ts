import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, systemCode } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import { removeLocalProfile } from './profile.ts'
import { lockState } from './state.ts'
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
    await assertFree(home.local)
    await rm(home.local, { recursive: true, force: true })
  }
  await removeLocalProfile(home.profiles)
  if (out.json) out.value({ removed: existed })
  out.note(existed ? `removed ${home.local}` : 'there was no state to remove')
  return undefined
}

/** The state is not taken from under a tenant that still runs. A damaged lock file protects nobody. */
async function assertFree(stateDir: string): Promise<void> {
  await lockState(stateDir).then(
    (lock) => lock.release(),
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'local-state-invalid')
        return rm(join(stateDir, 'lock.sqlite'), { force: true })
      if (systemCode(error) !== undefined) return undefined
      throw error
    },
  )
}
