/**
 * Waiting until a change has arrived everywhere: the directory is eventually consistent, and in the cloud a new app or
 * credential takes 4 to 18 seconds to be seen by all.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'

export interface SettleOptions {
  /** What is waited for, for a person: `the service principal of todo-api`. */
  readonly what: string
  /** Milliseconds; 0 tries once. */
  readonly waitMs: number
  readonly signal: AbortSignal
  /** Told once, when the first try was too early. */
  note(line: string): void
  /** Whether an error means that it is too early. */
  isEarly(error: unknown): boolean
}

const [FIRST_PAUSE, LONGEST_PAUSE] = [250, 4000]

/** Tries until it succeeds, fails in another way, or the time is over: then with the last error. */
export async function settle<T>(action: () => Promise<T>, options: SettleOptions): Promise<T> {
  const { what, waitMs, signal, note, isEarly } = options
  const end = Date.now() + waitMs
  for (let pause = FIRST_PAUSE, told = false; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await action()
    } catch (error) {
      if (!isEarly(error) || Date.now() + pause > end) throw error
      if (!told) note(`waiting for ${what}, up to ${Math.round(waitMs / 1000)} s`)
      told = true
    }
    await sleep(pause, undefined, { signal }).catch(() => {
      throw new AppError('interrupted', 'interrupted')
    })
  }
}
