/** Does a credential work? A token is asked for, never taken out of a cache, until the issuer has heard of the change. */

import { AppError } from '../../core/errors.ts'
import { rolesOf } from '../../core/permissions.ts'
import { type AccessToken, acquireToken, type TokenRequest } from '../auth/msal.ts'
import { claimsOf } from '../claims.ts'
import { settle } from '../graph/settle.ts'
import type { Http } from '../http.ts'

export interface FirstTokenDeps {
  readonly http: Http
  /** How long the issuer may take to hear of it, in milliseconds. */
  readonly waitMs: number
  readonly signal: AbortSignal
  note(line: string): void
}

/**
 * What the issuer says while it has not heard of a new app, service principal, credential or resource:
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const EARLY: readonly string[] = ['700016', '7000215', '700027', '7000229', '500011'].map(
  (code) => `AADSTS${code}`,
)

/**
 * A token that carries a role of the API.
 *
 * @throws AppError `app-incomplete` where the time is over, with the issuer's answer as its cause; `issuer-…`
 */
export async function firstToken(request: TokenRequest, deps: FirstTokenDeps): Promise<AccessToken> {
  const { http, waitMs, signal, note } = deps
  const attempt = async () => {
    const token = await acquireToken(request, http)
    if (rolesOf(claimsOf(token.token)).length > 0) return token
    throw new AppError('app-incomplete', 'the token carries no role yet', {
      hint: 'see what is granted: todo-cli app show',
    })
  }
  try {
    const what = 'the issuer to know the new credential'
    return await settle(attempt, { what, waitMs, signal, note, isEarly })
  } catch (error) {
    if (!isEarly(error) || !(error instanceof AppError)) throw error
    throw new AppError('app-incomplete', `no token with the new credential yet: ${error.message}`, {
      hint: 'wait a minute, then run the same command again',
      serviceCode: error.serviceCode,
      cause: error,
    })
  }
}

const isEarly = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === 'app-incomplete' ||
    (error.code === 'issuer-refused' && EARLY.includes(error.serviceCode ?? '')))
