/**
 * The refusals of the guard. Each knows its HTTP answer: status, stable code, and the `WWW-Authenticate` header that
 * RFC 6750 section 3 asks for. Whoever renders errors copies `status`, `code`, `message` and `headers`.
 */
export type AuthErrorCode =
  | 'unauthenticated'
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'client_not_allowed'
  | 'issuer_unavailable'

const STATUS: Record<AuthErrorCode, 400 | 401 | 403 | 503> = {
  unauthenticated: 401,
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  client_not_allowed: 403,
  issuer_unavailable: 503,
}

export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly status: 400 | 401 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly code: AuthErrorCode

  constructor(
    code: AuthErrorCode,
    message: string,
    headers: Readonly<Record<string, string>>,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.status = STATUS[code]
    this.headers = headers
  }
}

/** No credentials at all: a challenge without an error code (RFC 6750 section 3.1, last paragraph). */
export function unauthenticated(): AuthError {
  return new AuthError(
    'unauthenticated',
    'this address needs an access token: Authorization: Bearer <token>',
    {
      'WWW-Authenticate': 'Bearer realm="api"',
    },
  )
}

export function invalidRequest(message: string): AuthError {
  return new AuthError('invalid_request', message, {
    'WWW-Authenticate': challenge('invalid_request', message),
  })
}

export function invalidToken(message: string, cause?: unknown): AuthError {
  return new AuthError(
    'invalid_token',
    message,
    { 'WWW-Authenticate': challenge('invalid_token', message) },
    cause === undefined ? undefined : { cause },
  )
}

/** @param needed every scope and app role of which one would have been enough */
export function insufficientScope(message: string, needed: readonly string[]): AuthError {
  return new AuthError('insufficient_scope', message, {
    'WWW-Authenticate': `${challenge('insufficient_scope', message)}, scope="${needed.map(quotable).join(' ')}"`,
  })
}

/** The token is good, but the client app that it was issued to is not on the allow-list. No other token would help it. */
export function clientNotAllowed(): AuthError {
  return new AuthError('client_not_allowed', 'this client app is not allowed to call the API', {})
}

/** The issuer's keys can't be had, so nobody can say whether the token is good: 503, never 401. */
export function issuerUnavailable(retryAfterSeconds: number, cause: unknown): AuthError {
  return new AuthError(
    'issuer_unavailable',
    "the issuer's keys can not be had now, so no token can be verified",
    { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) },
    { cause },
  )
}

function challenge(error: string, description: string): string {
  return `Bearer realm="api", error="${error}", error_description="${quotable(description)}"`
}

/** RFC 6750 section 3: error_description has only %x20-21, %x23-5B, %x5D-7E. A token could try to smuggle in others. */
function quotable(text: string): string {
  return text
    .replaceAll('"', "'")
    .replace(/[^\x20-\x5b\x5d-\x7e]/g, '?')
    .slice(0, 200)
}
