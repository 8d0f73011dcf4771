import type { TenantRequest } from '../http/exchange.ts'
import { EntraError } from './errors.ts'

/** The fields of a form. An absent field and an empty one are the same. Unknown fields do not matter: MSAL sends many. */
export interface Form {
  get(name: string): string | undefined
  /** @throws EntraError 900144 */
  require(name: string): string
}

/**
 * Reads `application/x-www-form-urlencoded`.
 *
 * @throws EntraError 900144 when the body is of another type: Entra then sees no parameter
 */
export async function readForm(request: TenantRequest): Promise<Form> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  const fields = new URLSearchParams(type === FORM ? (await request.body()).toString() : '')
  const get = (name: string) => fields.get(name) || undefined
  return {
    get,
    require: (name) => {
      const value = get(name)
      if (value !== undefined) return value
      throw new EntraError(
        400,
        'invalid_request',
        900144,
        `The request body must contain the following parameter: '${name}'.`,
      )
    },
  }
}

const FORM = 'application/x-www-form-urlencoded'
