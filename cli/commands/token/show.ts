import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'

/** `todo-cli token show`: the claims of the access token. */
export const show: Action = async ({ out, tokens }) => {
  const { token } = await (await tokens()).get()
  const claims = claimsOf(token)
  out.fields(
    Object.entries(claims).map(([name, value]) => [name, readable(name, value)]),
    claims,
  )
  return undefined
}

/** The payload of a JWT (RFC 7519), unverified: it is for reading, and the API verifies it. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
      string,
      unknown
    >
  } catch {
    throw new AppError('issuer-invalid', 'the access token is no JWT that can be read', {
      hint: 'only its API can read it',
    })
  }
}

function readable(name: string, value: unknown): string {
  if (['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number')
    return new Date(value * 1000).toISOString()
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)
}
