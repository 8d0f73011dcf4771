/** Typed calls to the todo API. */
import { AppError } from '../core/errors.ts'
import { parseTodo, type Todo } from '../core/todo.ts'
import { parseObject } from './auth/discovery.ts'
import type { Tokens } from './auth/tokens.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'

export interface TodoClient {
  list(): Promise<Todo[]>
  get(id: string): Promise<Todo>
  add(todo: { description: string; owner?: string | undefined }): Promise<Todo>
  replace(id: string, todo: { description: string; done: boolean }): Promise<Todo>
  remove(id: string): Promise<void>
}

export interface TodoClientDeps {
  readonly http: Http
  readonly tokens: Tokens
  /** `https://host/api/todolist` */
  readonly endpoint: string
}

/** Each call throws AppError `api-…`, `todo-missing`, or what getting a token throws. */
export function createTodoClient({ http, tokens, endpoint }: TodoClientDeps): TodoClient {
  const call = async (method: HttpRequest['method'], path: string, body?: object): Promise<HttpAnswer> => {
    const send = async (token: string) =>
      http.send('api', {
        method,
        url: `${endpoint}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        body: body && JSON.stringify(body),
      })
    const first = await tokens.get()
    let answer = await send(first.token)
    // A cached token may have been overtaken by events (the issuer's keys, the API's audience): one new one is tried.
    if (answer.status === 401 && first.fromCache) answer = await send((await tokens.get(first.token)).token)
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, endpoint, path)
    return answer
  }
  const item = (id: string) => `/${encodeURIComponent(id)}`
  return {
    async list() {
      const body = parseJson(await call('GET', ''), endpoint)
      const todos = Array.isArray(body) ? body.map(parseTodo) : [undefined]
      if (!todos.every((todo) => todo !== undefined))
        throw notTheApi(endpoint, 'its answer is not a list of todos')
      return todos
    },
    async get(id) {
      return todoOf(await call('GET', item(id)), endpoint)
    },
    async add(todo) {
      return todoOf(await call('POST', '', todo), endpoint)
    },
    async replace(id, todo) {
      return todoOf(await call('PUT', item(id), todo), endpoint)
    },
    async remove(id) {
      await call('DELETE', item(id))
    },
  }
}

function todoOf(answer: HttpAnswer, endpoint: string): Todo {
  const todo = parseTodo(parseJson(answer, endpoint))
  if (todo === undefined) throw notTheApi(endpoint, 'its answer is not a todo')
  return todo
}

function parseJson({ body }: HttpAnswer, endpoint: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw notTheApi(endpoint, 'its answer is not JSON', cause)
  }
}

function notTheApi(endpoint: string, why: string, cause?: unknown): AppError {
  return new AppError('api-answer-invalid', `${endpoint} is not the todo API: ${why}`, {
    hint: 'check API_ENDPOINT; it ends in /api/todolist',
    cause,
  })
}

/** Turns the API's problem (RFC 9457) and challenge (RFC 6750 section 3) into an error with the next step. */
function refusal({ status, body, headers }: HttpAnswer, endpoint: string, path: string): AppError {
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
