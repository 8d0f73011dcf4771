import { claimsOf } from '../../claims.ts'
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

function readable(name: string, value: unknown): string {
  if (['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number')
    return new Date(value * 1000).toISOString()
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)
}
