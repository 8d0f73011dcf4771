import { AppError } from '../core/errors.ts'

/** The claims of a JWT (RFC 7519 section 4), unverified: they are for reading, and the API verifies them. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return { ...claims }
  } catch {
    // Told below.
  }
  throw new AppError('issuer-invalid', 'the access token is no JWT that can be read', {
    hint: 'only its API can read it',
  })
}
