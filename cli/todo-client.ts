/** Typed calls to the todo API. */
import { randomUUID } from 'node:crypto'
import { AppError } from '../core/errors.ts'
import { parseTodo, type Todo } from '../core/todo.ts'
import type { Tokens } from './auth/tokens.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'
import { notTheApi, refusal } from './todo-refusal.ts'

/** Which todos; all of them where nothing is said. */
export interface TodoFilter {
  /** The object id of the owner. */
  readonly owner?: string | undefined
  readonly done?: boolean | undefined
  /** At most so many, from as many pages as that takes. Absent: the API's first page. */
  readonly limit?: number | undefined
}

export interface TodoList {
  readonly todos: Todo[]
  /** True where there are more than these. */
  readonly more: boolean
}

/** What of a todo its owner changes. */
export type TodoContent = Pick<Todo, 'description' | 'done'>

export interface TodoClient {
  list(filter?: TodoFilter): Promise<TodoList>
  get(id: string): Promise<Todo>
  /** A retry, after a 503 for instance, makes no second todo: it carries the same Idempotency-Key. */
  add(todo: { description: string; owner?: string | undefined }): Promise<Todo>
  /** Writes what is made of the todo as it is now; refused where somebody else changes it meanwhile. */
  change(id: string, make: (todo: Todo) => TodoContent): Promise<Todo>
  remove(id: string): Promise<void>
}

export interface TodoClientDeps {
  readonly http: Http
  readonly tokens: Tokens
  /** `https://host/api/todolist` */
  readonly endpoint: string
}

interface Call {
  readonly method: HttpRequest['method']
  /** Below the endpoint: empty, or `/<id>`. */
  readonly path: string
  /** With its question mark; empty where there is none. */
  readonly query?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** A POST that may be sent twice. */
  readonly repeatable?: boolean
}

/** Each call throws AppError `api-…`, `todo-missing`, or what getting a token throws. */
export function createTodoClient({ http, tokens, endpoint }: TodoClientDeps): TodoClient {
  const call = async ({ method, path, query = '', body, headers, repeatable }: Call): Promise<HttpAnswer> => {
    const send = async (token: string) =>
      http.send('api', {
        method,
        url: `${endpoint}${path}${query}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        body: body && JSON.stringify(body),
        ...(repeatable === undefined ? {} : { repeatable }),
      })
    const first = await tokens.get()
    let { token } = first
    let answer = await send(token)
    // A cached token may have been overtaken by events (the issuer's keys, the API's audience): one new one is tried.
    if (answer.status === 401 && first.fromCache) {
      token = (await tokens.get(first.token)).token
      answer = await send(token)
    }
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, { endpoint, path, token })
    return answer
  }
  return {
    async list(filter = {}) {
      const { limit } = filter
      const todos: Todo[] = []
      const seen = new Set<string>()
      let next: string | undefined = queryOf(filter)
      do {
        if (seen.has(next)) throw notTheApi(endpoint, 'its pages never end')
        seen.add(next)
        const answer = await call({ method: 'GET', path: '', query: next })
        todos.push(...todosOf(answer, endpoint).filter((todo) => fits(todo, filter)))
        next = nextOf(answer, endpoint)
      } while (next !== undefined && todos.length < (limit ?? 0))
      const most = limit ?? todos.length
      return { todos: todos.slice(0, most), more: next !== undefined || todos.length > most }
    },
    async get(id) {
      return todoOf(await call({ method: 'GET', path: item(id) }), endpoint)
    },
    async add(body) {
      const headers = { 'idempotency-key': randomUUID() }
      return todoOf(await call({ method: 'POST', path: '', body, headers, repeatable: true }), endpoint)
    },
    async change(id, make) {
      const path = item(id)
      const read = await call({ method: 'GET', path })
      const { description, done } = make(todoOf(read, endpoint))
      // RFC 9110 section 13.1.1: only if the todo still is the one with this entity tag.
      const { etag } = read.headers
      const headers = etag === undefined ? {} : { 'if-match': etag }
      return todoOf(await call({ method: 'PUT', path, body: { description, done }, headers }), endpoint)
    },
    async remove(id) {
      await call({ method: 'DELETE', path: item(id) })
    },
  }
}

/**
 * The path of one todo. An empty word, as of a shell variable that is not set, would be the path of all of them, and dots that
 * of something else.
 *
 * @throws AppError `usage`, before anybody is asked
 */
function item(id: string): string {
  if (/^\s*$|^\.\.?$/.test(id)) {
    throw new AppError('usage', `"${id}" is not the id of a todo`, {
      hint: 'see which there are: todo-cli todos list',
    })
  }
  return `/${encodeURIComponent(id)}`
}

/** The most that the API gives at once, and what it gives where no limit is asked for. */
const PAGE = 100

function queryOf({ owner, done, limit = PAGE }: TodoFilter): string {
  const query = new URLSearchParams()
  if (limit < PAGE) query.set('limit', String(limit))
  if (owner !== undefined) query.set('owner', owner)
  if (done !== undefined) query.set('done', String(done))
  return query.size === 0 ? '' : `?${query}`
}

/** An API that knows no filter, as the sample's, answers with everything. */
function fits(todo: Todo, { owner, done }: TodoFilter): boolean {
  const owned = owner === undefined || todo.owner.toLowerCase() === owner.toLowerCase()
  return owned && (done === undefined || todo.done === done)
}

/** The query of the next page (RFC 8288). The token must not travel to where a link points. */
function nextOf({ headers }: HttpAnswer, endpoint: string): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers.link ?? '')?.[1]
  if (target === undefined) return undefined
  const here = new URL(endpoint)
  const there = URL.canParse(target, endpoint) ? new URL(target, endpoint) : undefined
  if (there?.origin === here.origin && there.pathname === here.pathname) return there.search
  throw notTheApi(endpoint, 'its next page is at another address')
}

function todosOf(answer: HttpAnswer, endpoint: string): Todo[] {
  const body = parseJson(answer, endpoint)
  const todos = Array.isArray(body) ? body.map(parseTodo) : [undefined]
  if (todos.every((todo) => todo !== undefined)) return todos
  throw notTheApi(endpoint, 'its answer is not a list of todos')
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
