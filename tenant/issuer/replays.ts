import type { Clock } from '../clock.ts'
import type { Application } from '../directory.ts'
import { EntraError } from './errors.ts'

/** Remembers which assertions were used (RFC 7523 section 3, item 7). Entra was never seen to refuse a replay. */
export interface ReplayGuard {
  /** @throws EntraError without an AADSTS code, since Entra has none for it */
  assertNew(claims: Readonly<Record<string, unknown>>, client: Application, clock: Clock): void
}

/** At least so many assertions are remembered, and at most twice as many. */
const REMEMBERED = 10_000

export function createReplayGuard(remembered = REMEMBERED): ReplayGuard {
  // Two generations, since the oldest of one large set is slow to find.
  let used = new Set<string>()
  let before = used
  return {
    assertNew: ({ jti }, { appId }) => {
      const key = `${appId} ${jti}`
      if (typeof jti !== 'string' || before.has(key) || !addNew(used, key)) {
        throw new EntraError(
          401,
          'invalid_client',
          undefined,
          "The client assertion has no 'jti', or one that was used before (strict mode of the local tenant).",
          appId,
        )
      }
      if (used.size < remembered) return
      before = used
      used = new Set()
    },
  }
}

/** False when it was in the set already: one look at a set that is too large for the processor's cache, not two. */
function addNew(set: Set<string>, value: string): boolean {
  const { size } = set
  return set.add(value).size > size
}
