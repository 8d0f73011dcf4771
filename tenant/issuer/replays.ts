import type { Clock } from '../clock.ts'
import type { Application } from '../directory.ts'
import { EntraError } from './errors.ts'

/** Remembers which assertions were used (RFC 7523 section 3, item 7). Entra was never seen to refuse a replay. */
export interface ReplayGuard {
  /** @throws EntraError without an AADSTS code, since Entra has none for it */
  assertNew(claims: Readonly<Record<string, unknown>>, client: Application, clock: Clock): void
}

/** The most assertions remembered; the oldest go first. */
const REMEMBERED_MAX = 10_000

export function createReplayGuard(): ReplayGuard {
  const used = new Set<string>()
  return {
    assertNew: ({ jti }, { appId }) => {
      const key = JSON.stringify([appId, jti])
      if (typeof jti !== 'string' || used.has(key)) {
        throw new EntraError(
          401,
          'invalid_client',
          undefined,
          "The client assertion has no 'jti', or one that was used before (strict mode of the local tenant).",
          appId,
        )
      }
      used.add(key)
      const [oldest] = used
      if (used.size > REMEMBERED_MAX && oldest !== undefined) used.delete(oldest)
    },
  }
}
