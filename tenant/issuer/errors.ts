import type { Clock } from '../clock.ts'
import { type Answer, BodyTooLarge, json, type TenantRequest } from '../http/exchange.ts'

/** The `error` of an OAuth answer (RFC 6749 section 5.2), and those that Entra adds. */
export type OAuthError =
  | 'authorization_declined'
  | 'authorization_pending'
  | 'bad_verification_code'
  | 'expired_token'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_request'
  | 'invalid_resource'
  | 'invalid_scope'
  | 'invalid_tenant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'server_error'

/** A refusal in Entra's words: HTTP status, OAuth error, AADSTS number, the sentence after `AADSTSnnn: `. */
export class EntraError extends Error {
  override readonly name = 'EntraError'
  readonly status: number
  readonly error: OAuthError
  /** Undefined for what Entra itself does not refuse. */
  readonly code: number | undefined
  /** The app that asked, for the log. */
  readonly clientId: string | undefined

  constructor(
    status: number,
    error: OAuthError,
    code: number | undefined,
    message: string,
    clientId?: string,
  ) {
    super(message)
    this.status = status
    this.error = error
    this.code = code
    this.clientId = clientId
  }
}

/** These codes come without `error_uri` (entra.md 2.1). */
const WITHOUT_URI = new Set([700038, 70003, 5002727])

/** Answers a refusal in Entra's envelope (entra.md 2.1). */
export function answerEntraError(thrown: unknown, request: TenantRequest, clock: Clock): Answer {
  const error = thrown instanceof EntraError ? thrown : unexpected(thrown)
  const timestamp = clock
    .now()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
  const correlationId = correlationIdOf(request) ?? request.id
  const { code, message, clientId } = error
  const text = code === undefined ? message : `AADSTS${code}: ${message}`
  const body = {
    error: error.error,
    error_description: `${text} Trace ID: ${request.id} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: code === undefined ? [] : [code],
    timestamp,
    trace_id: request.id,
    correlation_id: correlationId,
    ...(code === undefined || WITHOUT_URI.has(code)
      ? {}
      : { error_uri: `https://login.microsoftonline.com/error?code=${code}` }),
  }
  return {
    ...json(error.status, body),
    note: {
      ...(code === undefined ? {} : { code: `AADSTS${code}` }),
      reason: message,
      ...(clientId ? { clientId } : {}),
    },
  }
}

/** Headers of every answer of the issuer (entra.md 2.1). */
export function entraHeaders(request: TenantRequest): Record<string, string> {
  const correlationId = correlationIdOf(request)
  return {
    'cache-control': 'no-store, no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-ms-request-id': request.id,
    'x-ms-ests-server': '2.1.0 - local ProdSlices',
    ...(correlationId ? { 'client-request-id': correlationId } : {}),
  }
}

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** The caller's `client-request-id`, from header or query, when it is a GUID. */
function correlationIdOf({ headers, query }: TenantRequest): string | undefined {
  const asked = headers['client-request-id'] ?? query.get('client-request-id')
  return typeof asked === 'string' && GUID.test(asked) ? asked.toLowerCase() : undefined
}

function unexpected(thrown: unknown): EntraError {
  if (thrown instanceof BodyTooLarge) {
    return new EntraError(413, 'invalid_request', 900561, 'The request body is too large.')
  }
  // AADSTS90033 is Entra's own "something failed here"; what was thrown stays inside.
  return new EntraError(500, 'server_error', 90033, 'A transient error has occurred. Please try again.')
}
