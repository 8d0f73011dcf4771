/** What the todo API answers when it does not do what it was asked, in our words. */
import { AppError } from '../core/errors.ts'
import { parseObject } from './auth/discovery.ts'
import type { HttpAnswer } from './http.ts'

/** Something else than the todo API is at that address. */
export function notTheApi(endpoint: string, why: string, cause?: unknown): AppError {
  return new AppError('api-answer-invalid', `${endpoint} is not the todo API: ${why}`, {
    hint: 'check API_ENDPOINT; it ends in /api/todolist',
    cause,
  })
}

/** Turns the API's problem (RFC 9457) and challenge (RFC 6750 section 3) into an error with the next step. */
export function refusal({ status, body, headers }: HttpAnswer, endpoint: string, path: string): AppError {
  const problem = parseObject(body)
  const detail = typeof problem?.detail === 'string' ? `: ${problem.detail.slice(0, 300)}` : ''
  switch (status) {
    case 401:
      return new AppError(
        'api-unauthorized',
        `the API refused the access token (401)${detail || `: ${challenge(headers, 'error_description') ?? 'no reason given'}`}`,
        {
          hint: 'compare the token with what the API expects: todo-cli token show',
        },
      )
    case 403: {
      const needed = challenge(headers, 'scope')
      const lacks = challenge(headers, 'error') === 'insufficient_scope'
      return new AppError(
        'api-forbidden',
        `the access token lacks the permission (403${lacks ? ' insufficient_scope' : ''})${needed ? `: one of ${needed.split(' ').join(', ')}` : detail}`,
        {
          hint: 'assign the app role to the app, grant admin consent, then: todo-cli token clear',
        },
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
      })
    default:
      if (status >= 300 && status < 400)
        return notTheApi(endpoint, `it answers with a redirect (${status}), which is never followed`)
      return status >= 500
        ? new AppError('api-failed', `the API failed (${status})${detail}`, {
            hint: 'try again; if it stays, look into the log of the API',
          })
        : new AppError('api-rejected', `the API refused the request (${status})${detail}`, {
            hint: 'todo-cli todos --help',
          })
  }
}

/** A parameter of the WWW-Authenticate header. */
function challenge(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(headers['www-authenticate'] ?? '')?.[1]
}
