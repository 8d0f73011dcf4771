import { BearerError } from '../bearer.ts'
import type { Clock } from '../clock.ts'
import { type Answer, BodyTooLarge, json, type TenantRequest } from '../http/exchange.ts'

/** A refusal in Graph's words (https://learn.microsoft.com/graph/errors). */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly code: string
  readonly details: readonly { readonly code: string; readonly message: string; readonly target?: string }[]

  constructor(status: number, code: string, message: string, details: GraphError['details'] = []) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export function badRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message)
}

/** The code is another than that of other bad requests (microsoft-graph-docs#9988). */
export function noSuchMember(name: string, type: string): GraphError {
  return new GraphError(
    400,
    'BadRequest',
    `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
  )
}

/** What Graph itself has, in part with the header `ConsistencyLevel`, and the tenant does not. */
export function unsupportedQuery(message: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', message)
}

export function notFound(id: string): GraphError {
  return new GraphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  )
}

export function noSuchCredential(): GraphError {
  return badRequest('No credentials found to be removed.')
}

export function denied(): GraphError {
  return new GraphError(
    403,
    'Authorization_RequestDenied',
    'Insufficient privileges to complete the operation.',
  )
}

export function answerGraphError(thrown: unknown, request: TenantRequest, clock: Clock): Answer {
  const { status, code, message, details } = thrown instanceof GraphError ? thrown : translated(thrown)
  const innerError = {
    date: clock.now().toISOString().slice(0, 19),
    'request-id': request.id,
    'client-request-id': clientRequestId(request),
  }
  const error = { code, message, ...(details.length > 0 ? { details } : {}), innerError }
  return { ...json(status, { error }), note: { code, reason: message } }
}

/** The caller's own id of a request comes back, in headers and errors. */
export function clientRequestId({ headers, id }: TenantRequest): string {
  const asked = headers['client-request-id']
  return typeof asked === 'string' && /^[\w-]{1,64}$/.test(asked) ? asked : id
}

function translated(thrown: unknown): GraphError {
  if (thrown instanceof BearerError) {
    return new GraphError(401, 'InvalidAuthenticationToken', WORDING[thrown.reason])
  }
  if (thrown instanceof BodyTooLarge)
    return new GraphError(413, 'Request_EntityTooLarge', 'The request body is too large.')
  return new GraphError(500, 'Service_InternalServerError', 'The local Graph failed.')
}

const WORDING: Record<BearerError['reason'], string> = {
  missing: 'Access token is empty.',
  malformed: 'IDX14100: JWT is not well formed, there are no dots (.).',
  signature: 'Access token validation failure. Invalid signature.',
  expired: 'Lifetime validation failed, the token is expired.',
  audience: 'Access token validation failure. Invalid audience.',
  issuer: 'Access token validation failure. Invalid issuer.',
}
