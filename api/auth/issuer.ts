import type { Request, Response } from 'express'
import { invalidToken } from './auth-error.ts'
import type { GuardOptions } from './guard-options.ts'
import { createIssuerKeys, type KeySet } from './issuer-keys.ts'
import { createTokenCache } from './token-cache.ts'
import { type Caller, readCaller, type UnverifiedToken } from './token-rules.ts'
import { CLOCK_TOLERANCE, createVerifier, type Verify } from './verifier.ts'

/** One tenant's tokens: its keys, the verifiers over them, and the cache of what they verified. */
export interface Issuer {
  cached(token: string): Caller | undefined
  /** @throws AuthError 401, 403 or 503 */
  verify(token: string, unverified: UnverifiedToken, req: Request, res: Response): Promise<Caller>
  ready(): boolean
  warmUp(): Promise<void>
}

interface Verifiers {
  readonly set: KeySet
  readonly v2: Verify
  readonly v1: { readonly issuer: string; readonly verify: Verify } | undefined
}

export function createIssuer(options: GuardOptions): Issuer {
  const {
    authority,
    tenantId,
    audience,
    allowedClients = [],
    cacheTokens = true,
    now = Date.now,
    onEvent,
  } = options
  const keys = createIssuerKeys({
    authority,
    tenantId,
    fetchJson: options.fetchJson,
    keepForMs: options.keepKeysForMs,
    now: options.now,
    onFetch: (outcome, error) => onEvent?.({ kind: 'keys', outcome, error }),
  })
  const cache = createTokenCache<Caller>({ toleranceSeconds: CLOCK_TOLERANCE, now })
  let verifiers: Verifiers | undefined

  /** The verifiers over a key set. Another set than before empties the cache: a key may have been withdrawn. */
  function verifiersFor(set: KeySet): Verifiers {
    if (verifiers?.set === set) return verifiers
    cache.clear()
    const v1Issuer = options.v1Issuer?.(tenantId)
    verifiers = {
      set,
      v2: createVerifier({ issuer: set.issuer, audience, keys: set.keys }),
      v1:
        v1Issuer === undefined
          ? undefined
          : { issuer: v1Issuer, verify: createVerifier({ issuer: v1Issuer, audience, keys: set.keys }) },
    }
    return verifiers
  }

  return {
    cached(token) {
      const set = keys.current()
      return set !== undefined && set === verifiers?.set ? cache.get(token) : undefined
    },
    async verify(token, unverified, req, res) {
      const set = await keys.keysFor(unverified.kid)
      if (!set.kids.has(unverified.kid)) throw invalidToken("the issuer has no key with the token's 'kid'")
      const { v1, v2 } = verifiersFor(set)
      const isV1 = v1 !== undefined && unverified.issuer === v1.issuer
      const claims = await (isV1 ? v1.verify : v2)(req, res)
      const caller = readCaller(claims, { version: isV1 ? '1.0' : '2.0', tenantId, allowedClients })
      // Other keys in use meanwhile emptied the cache: what older keys verified must not come back into it.
      const still = verifiers?.set === set
      if (cacheTokens && still && req.headers.dpop === undefined) cache.add(token, caller, Number(claims.exp))
      return caller
    },
    ready: () => keys.current() !== undefined,
    warmUp: () => keys.refresh(),
  }
}
