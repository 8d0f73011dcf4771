/** Errors as `application/problem+json` (RFC 9457), with a stable `code`. Never a stack, never HTML. */
import { STATUS_CODES } from 'node:http'
import type { ErrorRequestHandler, Response } from 'express'
import { AuthError } from './auth/auth-error.ts'
import { StoreUnavailable } from './store/store.ts'

/** Every `code` of a problem but the guard's own ({@link AuthError}), with its status. */
const PROBLEMS = {
  invalid_json: 400,
  invalid_body: 400,
  invalid_query: 400,
  invalid_cursor: 400,
  invalid_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  expectation_failed: 417,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  store_unavailable: 503,
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** What is wrong with one field of a body, or one parameter of a query. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal that knows its HTTP answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ProblemCode, message: string, { errors, headers = {}, cause }: ProblemExtras = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = PROBLEMS[code]
    this.errors = errors
    this.headers = headers
  }
}

/** Takes note of a problem and of the error behind it, and gives the request's id. */
export type Observer = (problem: Problem | AuthError, error: unknown, res: Response) => string

/** The only place that turns an error into an answer. */
export function problemHandler(observer: Observer): ErrorRequestHandler {
  return (error: unknown, _req, res, _next) => {
    const problem = toProblem(error)
    const requestId = observer(problem, error, res)
    if (res.headersSent) {
      res.destroy()
      return
    }
    for (const [name, value] of Object.entries(problem.headers)) res.setHeader(name, value)
    res.statusCode = problem.status
    res.setHeader('Content-Type', 'application/problem+json')
    res.end(JSON.stringify(problemBody(problem, requestId)))
  }
}

/** The members of a problem (RFC 9457 section 3.1) and this API's: `code`, `requestId`, `errors`. */
export function problemBody(problem: Problem | AuthError, requestId?: string): Record<string, unknown> {
  return {
    type: `urn:todo-api:problem:${problem.code}`,
    title: STATUS_CODES[problem.status],
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...(requestId === undefined ? {} : { requestId }),
    ...(problem instanceof Problem && problem.errors !== undefined ? { errors: problem.errors } : {}),
  }
}

function toProblem(error: unknown): Problem | AuthError {
  if (error instanceof Problem || error instanceof AuthError) return error
  if (error instanceof StoreUnavailable) {
    return new Problem('store_unavailable', 'the store can not be reached now', {
      headers: { 'Retry-After': '1' },
    })
  }
  const { status, type } = (error ?? {}) as { status?: unknown; type?: unknown }
  if (type === 'entity.too.large') return new Problem('payload_too_large', 'the body is larger than 16 kB')
  if (type === 'encoding.unsupported') {
    return new Problem('unsupported_media_type', 'a compressed body is not accepted')
  }
  if (error instanceof URIError || (typeof status === 'number' && status >= 400 && status < 500)) {
    return new Problem('invalid_request', 'the request can not be understood')
  }
  return new Problem('internal', 'something went wrong here; the request id finds it in the log')
}
