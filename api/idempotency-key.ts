import { createHash } from 'node:crypto'
import type { Caller } from './auth/token-rules.ts'
import { Problem } from './problem.ts'

/**
 * The `Idempotency-Key` of a request, bound to who sent it: nobody can replay, or find out, what another created.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ (a quoted string; bare is accepted too)
 *
 * @throws Problem `invalid_request`
 */
export function readIdempotencyKey(
  header: string | string[] | undefined,
  caller: Caller,
): string | undefined {
  if (header === undefined) return undefined
  const match =
    typeof header === 'string' ? /^("?)([\x21\x23-\x5b\x5d-\x7e]{1,255})\1$/.exec(header.trim()) : null
  if (match === null) {
    throw new Problem(
      'invalid_request',
      'Idempotency-Key has to be 1 to 255 visible ASCII characters, a UUID for instance',
    )
  }
  const parts = [caller.tenantId, caller.clientId, caller.objectId, match[2]]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
