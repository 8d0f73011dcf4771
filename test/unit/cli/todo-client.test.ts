import type { IncomingMessage, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { Tokens } from '../../../cli/auth/tokens.ts'
import { createHttp } from '../../../cli/http.ts'
import { createTodoClient, type TodoClient } from '../../../cli/todo-client.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { appError } from '../../support/app-error.ts'
import { startWebServer } from '../../support/web-server.ts'

const TODO = {
  id: 'a1',
  owner: 'o1',
  description: 'tea',
  done: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
}

/** A token with these claims, as the API got it. */
const jwt = (claims: object) =>
  ['{}', JSON.stringify(claims), ''].map((part) => Buffer.from(part).toString('base64url')).join('.')

/** A token source that notes what it is asked for: `old` at first, `new` for whom that was refused. */
function tokens(cached: boolean) {
  const calls: (string | undefined)[] = []
  const source: Tokens = {
    get: async (refused) => {
      calls.push(refused)
      const expiresAt = new Date(Date.now() + 3_600_000)
      return {
        token: refused === 'old' ? 'new' : 'old',
        expiresAt,
        fromCache: cached && refused === undefined,
      }
    },
  }
  return { source, calls }
}

async function client(answer: RequestListener, { cached = false } = {}) {
  const server = await startWebServer(answer)
  const http = createHttp({
    proxyEnv: {},
    timeoutMs: 5000,
    signal: new AbortController().signal,
    trace: () => {},
  })
  const { source, calls } = tokens(cached)
  const endpoint = `${server.origin}/api/todolist`
  return { api: createTodoClient({ http, tokens: source, endpoint }), server, calls, endpoint }
}

const answers =
  (status: number, body: unknown = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'retry-after': new Date(0).toUTCString(), ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

/** Answers 401 to the token `old`. */
const onlyNew: RequestListener = (request, response) => {
  if (request.headers.authorization === 'Bearer new') response.end(JSON.stringify([TODO]))
  else response.writeHead(401).end()
}

describe('a call', () => {
  it.each<[string, (api: TodoClient) => Promise<unknown>, string, unknown]>([
    ['list', (api) => api.list(), 'GET /api/todolist', [TODO]],
    ['get', (api) => api.get('a1'), 'GET /api/todolist/a1', TODO],
    ['add', (api) => api.add({ description: 'tea' }), 'POST /api/todolist', TODO],
    ['remove', (api) => api.remove('a1'), 'DELETE /api/todolist/a1', ''],
  ])('%s goes where the API has it, with the token', async (_, call, line, body) => {
    const { api, server } = await client(answers(200, body))
    await call(api)
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([line])
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer old',
      accept: 'application/json',
    })
  })

  it('keeps an id that is no id from going elsewhere', async () => {
    const { api, server } = await client(answers(404))
    const { message } = await appError('todo-missing', () => api.get('../admin?x=1'))
    expect(server.requests[0]?.url).toBe('/api/todolist/..%2Fadmin%3Fx%3D1')
    expect(message).toBe('there is no todo ../admin?x=1')
  })

  it('gives an empty list where there are no todos', async () => {
    expect(await (await client(answers(200, []))).api.list()).toEqual({ todos: [], more: false })
  })
})

describe('what can be read in a token that the API refuses', () => {
  const API = '22222222-2222-4222-8222-222222222222'
  const refusedWith = async (status: number, claims: object | string, body: unknown = '') => {
    const { endpoint } = await client(
      answers(status, body, { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
    )
    const http = createHttp({ timeoutMs: 5000, signal: new AbortController().signal, trace: () => {} })
    const token = typeof claims === 'string' ? claims : jwt(claims)
    const source: Tokens = { get: async () => ({ token, expiresAt: new Date(), fromCache: false }) }
    const api = createTodoClient({ http, tokens: source, endpoint })
    return appError(status === 401 ? 'api-unauthorized' : 'api-forbidden', () => api.list())
  }

  it('because it is a v1.0 token is told as such, with the command that makes it a v2.0 one', async () => {
    const { message, hint } = await refusedWith(401, { ver: '1.0', aud: `api://${API}` })
    expect(message).toBe(
      `the API refused the access token (401): the token is a v1.0 token, for api://${API}`,
    )
    expect(hint).toContain(
      `az rest --method patch --url "https://graph.microsoft.com/v1.0/applications(appId='${API}')"`,
    )
    expect(hint).toContain('"requestedAccessTokenVersion":2')
  })

  it.each([
    [
      "Unexpected 'aud' value",
      { aud: 'a-b' },
      /: the token's audience is a-b, and the API expects another$/,
      /TODO_API_CLIENT_ID/,
    ],
    [
      "Unexpected 'iss' value",
      { iss: 'https://x' },
      /: the token's issuer is https:\/\/x, and the API/,
      /TODO_API_AUTHORITY/,
    ],
    [
      "unexpected 'tid' in the token",
      { tid: 't' },
      /: the token's tenant is t, and the API/,
      /TODO_API_TENANT_ID/,
    ],
    [
      'IDX10214: Audience validation failed.',
      { aud: 'x' },
      /: the token's audience is x,/,
      /todo-cli config get scopes/,
    ],
    ["Unexpected 'aud' value", {}, /: Unexpected 'aud' value$/, /todo-cli token show/],
    ['"exp" claim timestamp check failed', { aud: 'x' }, /: "exp" claim/, /todo-cli token show/],
  ])('for %s says what the token has, %o', async (detail, claims, message, hint) => {
    const error = await refusedWith(401, claims, { detail })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
  })

  it.each([
    ['nothing', { azp: API }, /it has neither roles nor scopes$/],
    ['too little', { azp: API, roles: ['ToDoList.Read.All'] }, /it has ToDoList\.Read\.All$/],
    ['a scope of something else', { azp: API, scp: 'User.Read openid' }, /it has User\.Read, openid$/],
  ])('because it grants %s says what it grants, and how to consent', async (_, claims, message) => {
    const error = await refusedWith(403, claims)
    expect(error.message).toMatch(message)
    expect(error.hint).toContain(`az ad app permission admin-consent --id ${API}, then: todo-cli token clear`)
  })

  it.each(['not-a-jwt', { azp: '$(reboot)', roles: 'x' }])(
    'and that is odd, %o, gives no odd command',
    async (claims) => {
      const { hint } = await refusedWith(403, claims)
      expect(hint).toContain('admin-consent --id CLIENT_ID,')
    },
  )
})

describe('an API that is busy for a moment', () => {
  /** Answers with each status in turn, then with the todo. */
  const busy =
    (...statuses: number[]): RequestListener =>
    (request, response) =>
      answers(statuses.shift() ?? 200, request.method === 'GET' ? [TODO] : TODO)(request, response)

  it.each([429, 503])('with %i is asked again for a list', async (status) => {
    const { api, server } = await client(busy(status))
    expect((await api.list()).todos).toHaveLength(1)
    expect(server.requests).toHaveLength(2)
  })

  it.each([429, 503])('with %i gets a new todo again, under the same Idempotency-Key', async (status) => {
    const { api, server } = await client(busy(status, status))
    await api.add({ description: 'tea' })
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys)).toEqual(new Set([expect.stringMatching(/^[0-9a-f-]{36}$/)]))
  })

  it('gets each new todo under a key of its own', async () => {
    const { api, server } = await client(answers(200, TODO))
    await api.add({ description: 'tea' })
    await api.add({ description: 'tea' })
    expect(new Set(server.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
  })

  it('is not asked twice to remove or to change one, which carries no such key', async () => {
    const { api, server } = await client(busy(503))
    await appError('api-unavailable', () => api.remove('a1'))
    expect(server.requests).toHaveLength(1)
  })
})

describe('a list', () => {
  const todo = (id: number, changes = {}) => ({ ...TODO, id: String(id), ...changes })
  /** Pages of two, as the API links them. */
  const paged =
    (
      count: number,
      link: (after: number) => string = (after) => `</api/todolist?cursor=${after}>; rel="next"`,
    ): RequestListener =>
    (request, response) => {
      const after = Number(new URL(request.url ?? '', 'http://x').searchParams.get('cursor') ?? 0)
      const page = Array.from({ length: Math.min(2, count - after) }, (_, index) => todo(after + index))
      if (after + 2 < count) response.setHeader('link', link(after + 2))
      response.end(JSON.stringify(page))
    }
  const idsOf = ({ todos }: { todos: { id: string }[] }) => todos.map(({ id }) => Number(id))

  it('is the first page where nothing is said, and tells that there are more', async () => {
    const { api, server } = await client(paged(5))
    const list = await api.list()
    expect([idsOf(list), list.more]).toEqual([[0, 1], true])
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    [1, [0], true],
    [3, [0, 1, 2], true],
    [4, [0, 1, 2, 3], true],
    [5, [0, 1, 2, 3, 4], false],
    [99, [0, 1, 2, 3, 4], false],
    [Number.POSITIVE_INFINITY, [0, 1, 2, 3, 4], false],
  ])('of at most %d takes as many pages as it needs', async (limit, ids, more) => {
    const list = await (await client(paged(5))).api.list({ limit })
    expect([idsOf(list), list.more]).toEqual([ids, more])
  })

  it.each([
    [{}, '/api/todolist'],
    [{ done: true }, '/api/todolist?done=true'],
    [{ done: false, owner: 'o1' }, '/api/todolist?owner=o1&done=false'],
    [{ limit: 7 }, '/api/todolist?limit=7'],
    [{ limit: 100 }, '/api/todolist'],
    [{ owner: 'a&done=true' }, '/api/todolist?owner=a%26done%3Dtrue'],
  ])('with %o asks for %s', async (filter, url) => {
    const { api, server } = await client(answers(200, []))
    await api.list(filter)
    expect(server.requests[0]?.url).toBe(url)
  })

  it('of an API that knows no filter is filtered here', async () => {
    const { api } = await client(answers(200, [todo(1), todo(2, { done: true }), todo(3, { owner: 'o2' })]))
    expect(idsOf(await api.list({ done: true }))).toEqual([2])
    expect(idsOf(await api.list({ owner: 'O2' }))).toEqual([3])
  })

  it.each([
    [
      'another host',
      () => '<https://evil.example/api/todolist?cursor=2>; rel="next"',
      /next page is at another address/,
    ],
    ['another path', () => '</elsewhere?cursor=2>; rel="next"', /next page is at another address/],
    ['no address', () => '<https://>; rel="next"', /next page is at another address/],
    ['itself', () => '</api/todolist?cursor=0>; rel="next"', /pages never end/],
  ])('whose next page is %s is refused, and the token goes nowhere', async (_, link, message) => {
    const { api } = await client(paged(9, link))
    expect((await appError('api-answer-invalid', () => api.list({ limit: 9 }))).message).toMatch(message)
  })
})

describe('a change', () => {
  /** Answers a GET with the todo and its tag, and a PUT with what it was sent. */
  const tagged =
    (etag: string | undefined, status = 200): RequestListener =>
    async (request, response) => {
      if (etag !== undefined) response.setHeader('etag', etag)
      if (request.method === 'GET') response.end(JSON.stringify(TODO))
      else response.writeHead(status).end(JSON.stringify({ ...TODO, ...JSON.parse(await text(request)) }))
    }

  it('writes what is made of the todo that was read, and only over that one', async () => {
    const { api, server } = await client(tagged('"7"'))
    expect(await api.change('a1', ({ description }) => ({ description, done: true }))).toEqual({
      ...TODO,
      done: true,
    })
    expect(server.requests.map(({ method, url, headers }) => [method, url, headers['if-match']])).toEqual([
      ['GET', '/api/todolist/a1', undefined],
      ['PUT', '/api/todolist/a1', '"7"'],
    ])
  })

  it('goes without a condition where the API gives no tag', async () => {
    const { api, server } = await client(tagged(undefined))
    await api.change('a1', (todo) => todo)
    expect(server.requests[1]?.headers['if-match']).toBeUndefined()
  })

  it('is refused where somebody else was faster', async () => {
    const { api } = await client(tagged('"7"', 412))
    const { message } = await appError('api-rejected', () => api.change('a1', (todo) => todo))
    expect(message).toMatch(/somebody else changed the todo/)
  })
})

describe('a token that the API refuses', () => {
  it('and that was cached is replaced once by a new one', async () => {
    const { api, calls } = await client(onlyNew, { cached: true })
    expect((await api.list()).todos).toEqual([TODO])
    expect(calls).toEqual([undefined, 'old'])
  })

  it('and that was new is not asked for again', async () => {
    const { api, calls, server } = await client(onlyNew)
    await appError('api-unauthorized', () => api.list())
    expect(calls).toEqual([undefined])
    expect(server.requests).toHaveLength(1)
  })

  it('twice is refused', async () => {
    const { api, server } = await client(answers(401), { cached: true })
    await appError('api-unauthorized', () => api.list())
    expect(server.requests).toHaveLength(2)
  })
})

describe('a refusal', () => {
  const refused: readonly (readonly [what: string, RequestListener, ErrorCode, RegExp])[] = [
    ['401', answers(401), 'api-unauthorized', /refused the access token \(401\): no reason given/],
    [
      '401 with a challenge',
      answers(401, '', {
        'www-authenticate': 'Bearer error="invalid_token", error_description="it expired"',
      }),
      'api-unauthorized',
      /: it expired$/,
    ],
    [
      '401 with a problem',
      answers(401, { detail: 'the audience is another' }),
      'api-unauthorized',
      /: the audience is another$/,
    ],
    [
      '403 with the permissions that would do',
      answers(403, '', {
        'www-authenticate': 'Bearer error="insufficient_scope", scope="A.Read B.Read.All"',
      }),
      'api-forbidden',
      /\(403 insufficient_scope\): one of A\.Read, B\.Read\.All; it has neither roles nor scopes$/,
    ],
    [
      '403 for an app that is not on the list of the API',
      answers(403, { code: 'client_not_allowed', detail: 'this client is not allowed', requestId: 'r1' }),
      'api-forbidden',
      /\(403\): this client is not allowed$/,
    ],
    [
      '403 without a challenge',
      answers(403, { detail: 'not today' }),
      'api-forbidden',
      /\(403\): not today$/,
    ],
    ['404 of the list', answers(404), 'api-answer-invalid', /is not the todo API: it answers 404/],
    [
      '301',
      answers(301, '', { location: 'https://evil.example' }),
      'api-answer-invalid',
      /redirect \(301\), which is never followed/,
    ],
    ['400', answers(400, { detail: 'too long' }), 'api-rejected', /\(400\): too long$/],
    ['409', answers(409), 'api-rejected', /\(409\)$/],
    ['429', answers(429), 'api-rejected', /\(429\)$/],
    ['500', answers(500), 'api-failed', /\(500\)$/],
    ['500 with a problem', answers(500, { detail: 'the disk is full' }), 'api-failed', /: the disk is full$/],
    ['503', answers(503), 'api-unavailable', /\(503\)$/],
    ['a page', answers(200, '<html>'), 'api-answer-invalid', /its answer is not JSON/],
    ['nothing', answers(200), 'api-answer-invalid', /its answer is not JSON/],
    ['an object', answers(200, { todos: [] }), 'api-answer-invalid', /is not a list of todos/],
    ['a list of something else', answers(200, [{ id: 1 }]), 'api-answer-invalid', /is not a list of todos/],
    [
      'a list with one that is none',
      answers(200, [TODO, null]),
      'api-answer-invalid',
      /is not a list of todos/,
    ],
    [
      'a cut connection',
      (request: IncomingMessage) => void request.socket.destroy(),
      'api-unreachable',
      /closed the connection/,
    ],
  ]
  it.concurrent.each(refused)('%s', async (_, answer, code, message) => {
    const { api } = await client(answer)
    const error = await appError(code, () => api.list())
    expect(error.message).toMatch(message)
    expect(error.hint).toBeTruthy()
  })

  it.each<[string, (api: TodoClient) => Promise<unknown>]>([
    ['get', (api) => api.get('a1')],
    ['change', (api) => api.change('a1', (todo) => todo)],
    ['remove', (api) => api.remove('a1')],
  ])('404 of one todo says which, on %s', async (_, call) => {
    const { api } = await client(answers(404))
    expect((await appError('todo-missing', () => call(api))).message).toBe('there is no todo a1')
  })

  it('keeps the id under which the API logged it, for --verbose', async () => {
    const { api } = await client(answers(500, { code: 'internal', detail: 'it broke', requestId: 'r-1' }))
    expect(String((await appError('api-failed', () => api.list())).cause)).toBe(
      'Error: internal: it broke (requestId r-1)',
    )
  })

  it('is short, however much the API says', async () => {
    const { api } = await client(answers(500, { detail: 'x'.repeat(10_000) }))
    expect((await appError('api-failed', () => api.list())).message.length).toBeLessThan(400)
  })

  it.each(['id', 'owner', 'description', 'done', 'createdAt', 'updatedAt'])(
    'is a todo without its %s',
    async (field) => {
      const { api } = await client(answers(200, { ...TODO, [field]: undefined }))
      expect((await appError('api-answer-invalid', () => api.get('a1'))).message).toMatch(
        /its answer is not a todo/,
      )
    },
  )
})
