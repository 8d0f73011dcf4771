/** What the todo API answers when it does not do what it was asked, in our words. */
import { AppError } from '../core/errors.ts'
import type { HttpAnswer } from './http.ts'
import { parseObject } from './parse-object.ts'
import { permissionFault, refusedClaim, versionFault } from './refused-token.ts'

/** Something else than the todo API is at that address. */
export function notTheApi(endpoint: string, why: string, cause?: unknown): AppError {
  return new AppError('api-answer-invalid', `${endpoint} is not the todo API: ${why}`, {
    hint: 'check API_ENDPOINT; it ends in /api/todolist',
    cause,
  })
}

const LISTED =
  'add this client id to TODO_API_ALLOWED_CLIENTS where the API runs: todo-cli config get clientId'

export interface RefusedCall {
  readonly endpoint: string
  /** Below the endpoint: empty, or `/<id>`. */
  readonly path: string
  /** The access token that it was made with. */
  readonly token: string
}

/** Turns the API's problem (RFC 9457) and challenge (RFC 6750 section 3) into an error with the next step. */
export function refusal({ status, body, headers }: HttpAnswer, call: RefusedCall): AppError {
  const { endpoint, path, token } = call
  const problem = parseObject(body)
  const cause = wordsOf(problem)
  const detail = typeof problem?.detail === 'string' ? `: ${problem.detail.slice(0, 300)}` : ''
  switch (status) {
    case 401: {
      const said = detail || `: ${challenge(headers, 'error_description') ?? 'no reason given'}`
      const fault = versionFault(token) ?? refusedClaim(token, said)
      return new AppError(
        'api-unauthorized',
        `the API refused the access token (401)${fault ? `: ${fault.seen}` : said}`,
        { hint: fault?.next ?? 'compare the token with what the API expects: todo-cli token show', cause },
      )
    }
    case 403: {
      const needed = challenge(headers, 'scope')
      const lacks = challenge(headers, 'error') === 'insufficient_scope'
      const { seen, next } = permissionFault(token)
      // Another 403 than for want of a permission: the client is not on the API's list, for instance.
      if (!lacks && !needed && detail !== '') {
        const listed = problem?.code === 'client_not_allowed' ? LISTED : next
        return new AppError('api-forbidden', `the API refuses this (403)${detail}`, { hint: listed, cause })
      }
      return new AppError(
        'api-forbidden',
        `the access token lacks the permission (403${lacks ? ' insufficient_scope' : ''})${needed ? `: one of ${needed.split(' ').join(', ')}` : ''}; ${seen}`,
        { hint: next, cause },
      )
    }
    case 404:
      return path === ''
        ? notTheApi(endpoint, 'it answers 404')
        : new AppError('todo-missing', `there is no todo ${decodeURIComponent(path.slice(1))}`, {
            hint: 'see which there are: todo-cli todos list',
          })
    case 412:
      return new AppError('api-rejected', 'somebody else changed the todo at the same time (412)', {
        hint: 'look at it, then try again: todo-cli todos list',
      })
    case 503:
      return new AppError('api-unavailable', `the API is not available now (503)${detail}`, {
        hint: 'try again later',
        cause,
      })
    default:
      if (status >= 300 && status < 400)
        return notTheApi(endpoint, `it answers with a redirect (${status}), which is never followed`)
      return status >= 500
        ? new AppError('api-failed', `the API failed (${status})${detail}`, {
            hint: 'try again; if it stays, look into the log of the API: todo-cli local logs',
            cause,
          })
        : new AppError('api-rejected', `the API refused the request (${status})${detail}`, {
            hint: 'todo-cli todos --help',
            cause,
          })
  }
}

/** The problem's own words, with the id under which the API logged the request; for `--verbose`. */
function wordsOf(problem: Readonly<Record<string, unknown>> | undefined): Error | undefined {
  const { code, detail, requestId } = problem ?? {}
  const words = [code, detail].filter((each) => typeof each === 'string').join(': ')
  const id = typeof requestId === 'string' ? ` (requestId ${requestId})` : ''
  return words === '' && id === '' ? undefined : new Error(`${words}${id}`.slice(0, 1000))
}

/** A parameter of the WWW-Authenticate header. */
function challenge(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(headers['www-authenticate'] ?? '')?.[1]
}
