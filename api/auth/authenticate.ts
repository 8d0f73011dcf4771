/**
 * The API's door: who calls, proven by an access token of Microsoft Entra.
 *
 *     const guard = createGuard({ authority, tenantId, audience, fetchJson: createFetchJson({}) })
 *     app.get('/things', guard.authenticate, requirePermission({ scopes: ['Read'], roles: ['Read.All'] }), handler)
 *
 * This folder and `core/permissions.ts`, `core/loopback.ts` are all that another project needs to copy, together with
 * express and express-oauth2-jwt-bearer. Whatever is refused arrives at the error handler as an {@link AuthError}.
 */
import type { Request, RequestHandler, Response } from 'express'
import { invalidToken } from './auth-error.ts'
import { bearerToken } from './bearer-token.ts'
import { setCaller } from './caller.ts'
import { checkOptions, type GuardOptions } from './guard-options.ts'
import { createIssuer, type Issuer } from './issuer.ts'
import { type Caller, readUnverified } from './token-rules.ts'

export type { GuardEvent, GuardOptions } from './guard-options.ts'

export interface Guard {
  readonly authenticate: RequestHandler
  /** True when tokens can be verified now: there are keys that may still be used. */
  ready(): boolean
  /** Fetches the keys ahead of the first request. Never throws. */
  warmUp(): Promise<void>
}

/** @throws TypeError for options that could never work */
export function createGuard(options: GuardOptions): Guard {
  const checked = checkOptions(options)
  const { tenants, origin, onEvent } = checked
  const issuers = new Map(
    tenants.map((tenant) => [
      tenant,
      createIssuer({ ...checked, authority: `${origin}/${tenant}`, tenantId: tenant }),
    ]),
  )

  function cached(token: string): Caller | undefined {
    for (const issuer of issuers.values()) {
      const caller = issuer.cached(token)
      if (caller !== undefined) return caller
    }
    return undefined
  }

  async function verify(token: string, req: Request, res: Response): Promise<Caller> {
    const unverified = readUnverified(token)
    const issuer: Issuer | undefined = issuers.get(unverified.tenantId)
    if (issuer === undefined) throw invalidToken("unexpected 'tid' in the token")
    return await issuer.verify(token, unverified, req, res)
  }

  return {
    authenticate(req, res, next) {
      const token = bearerToken(req)
      // A proof of possession beside the token asks for more than this API checks: never answered from the cache.
      const known = req.headers.dpop === undefined ? cached(token) : undefined
      onEvent?.({ kind: 'cache', hit: known !== undefined })
      if (known !== undefined) {
        setCaller(req, known)
        return next()
      }
      return verify(token, req, res).then((caller) => {
        setCaller(req, caller)
        next()
      }, next)
    },
    ready: () => [...issuers.values()].every((issuer) => issuer.ready()),
    warmUp: async () => {
      await Promise.all([...issuers.values()].map((issuer) => issuer.warmUp()))
    },
  }
}
