import type { IncomingMessage } from 'node:http'
import { invalidRequest, unauthenticated } from './auth-error.ts'

/** The token68 characters of RFC 7235 section 2.1. */
const CREDENTIALS = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i

/** Longer than any token that Entra issues, and below Node's limit of 16 kB for all headers. */
const TOKEN_MAX = 12_288

/** `body`: what a parser made of the body, where one ran before. */
type BearerRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'url'> & { readonly body?: unknown }

/**
 * The access token of a request, from its `Authorization` header and from nowhere else: a token in the query lands in
 * logs and histories (RFC 6750 section 5.3), one in the body can be forged into a form by another site. Refused here,
 * because the verifier looks in all three places, and only when the token is not in the cache.
 *
 * @throws AuthError 401 without credentials, 400 for a header that is not one well-formed Bearer credential
 */
export function bearerToken(req: BearerRequest): string {
  if (hasTokenInQuery(req.url ?? '')) {
    throw invalidRequest('the access token belongs in the Authorization header, not in the query')
  }
  if (hasTokenInForm(req)) {
    throw invalidRequest('the access token belongs in the Authorization header, not in the body')
  }
  const header = req.headers.authorization
  if (header === undefined) throw unauthenticated()
  if (hasTwoCredentials(req.rawHeaders)) throw invalidRequest('there is more than one Authorization header')
  const match = CREDENTIALS.exec(header)
  if (match?.[1] === undefined) throw invalidRequest('the Authorization header is not "Bearer <token>"')
  if (match[1].length > TOKEN_MAX) throw invalidRequest('the access token is too long')
  return match[1]
}

function hasTokenInQuery(url: string): boolean {
  const query = url.slice(url.indexOf('?') + 1)
  if (query.length === url.length) return false
  // Only with a percent sign can the name be written otherwise, and most queries have none.
  const names = query.includes('%')
    ? [...new URLSearchParams(query).keys()]
    : query.split('&').map((part) => part.split('=', 1)[0] as string)
  return names.some((name) => /^access_token(\[|$)/i.test(name))
}

/** RFC 6750 section 2.2 knows tokens in forms only: a field of that name in JSON is the API's own. */
function hasTokenInForm({ body, headers }: BearerRequest): boolean {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'access_token')) return false
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
}

/** Node keeps the first of two Authorization headers; a proxy in front may have looked at the other. */
function hasTwoCredentials(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1
  }
  return count > 1
}
