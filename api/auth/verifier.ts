import type { Request, Response } from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import type { Claims } from '../../core/permissions.ts'
import { type AuthError, invalidRequest, invalidToken, unauthenticated } from './auth-error.ts'
import type { SigningKey } from './signing-keys.ts'

/** Seconds by which clocks may differ: `exp` and `nbf` are compared with so much leeway. */
export const CLOCK_TOLERANCE = 5

export interface VerifierOptions {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly keys: readonly SigningKey[]
}

/** Verifies the token of a request: signature, `alg`, `iss`, `aud`, `exp`, `nbf`. Rejects with an AuthError. */
export type Verify = (req: Request, res: Response) => Promise<Claims>

/** `express-oauth2-jwt-bearer` over one issuer's keys at one time. A new one is made whenever they change. */
export function createVerifier({ issuer, audience, keys }: VerifierOptions): Verify {
  const handler = auth({
    issuer,
    audience: [...audience],
    publicKey: { keys: keys.map((key) => ({ ...key })) },
    tokenSigningAlg: 'RS256',
    clockTolerance: CLOCK_TOLERANCE,
    // Without it every challenge advertises DPoP, and a replayed proof would pass: the middleware keeps no jti.
    dpop: { enabled: false },
    // Left out, each of these silently comes from an environment variable (ISSUER_BASE_URL, JWKS_URI, SECRET).
    issuerBaseURL: '',
    jwksUri: '',
    secret: '',
  })
  return (req, res) =>
    new Promise((resolve, reject) => {
      void handler(req, res, (error?: unknown) => {
        const payload = req.auth?.payload
        delete req.auth
        if (error !== undefined) reject(toAuthError(error))
        else if (payload === undefined) reject(invalidToken('the token has no claims'))
        else resolve(payload)
      })
    })
}

/** The middleware's errors carry `status`; its messages are safe to show (they name a claim, never its value). */
function toAuthError(error: unknown): AuthError {
  const { status, message } = error as { status?: unknown; message?: unknown }
  const text = typeof message === 'string' && message !== '' ? message : 'the token can not be verified'
  if (status === 400) return invalidRequest(text)
  return text === 'Unauthorized' ? unauthenticated() : invalidToken(text, error)
}
