/** One API for the tests of a file, called by an app and by two users, each with all permissions. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Todo } from '../../core/todo.ts'
import { type Answer, type CallOptions, startTestApi, type TestApi } from './api.ts'
import { startIssuer, type TestIssuer } from './issuer.ts'

export const LIST = '/api/todolist'

export interface TodoApi {
  readonly issuer: TestIssuer
  readonly api: TestApi
  /** Tokens. */
  readonly app: string
  readonly anna: string
  readonly ben: string
  readonly appId: string
  readonly annaId: string
  get(token: string, path?: string, headers?: Record<string, string>): Promise<Answer>
  post(token: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Adds a todo and gives it. */
  add(token: string, fields?: object): Promise<Todo>
  /** A request for one todo. */
  send(method: string, todo: { id: string }, options: CallOptions): Promise<Answer>
}

/** Starts it before the file's tests, empties it after each. Read what it gives within tests only. */
export function withTodoApi(): TodoApi {
  const [appId, annaId] = [randomUUID(), randomUUID()]
  let issuer: TestIssuer
  let api: TestApi
  const tokens = { app: '', anna: '', ben: '' }
  const get = (token: string, path = LIST, headers = {}) => api.call('GET', path, { token, headers })
  const post = (token: string, body: unknown, headers = {}) =>
    api.call('POST', LIST, { token, body, headers })

  beforeAll(async () => {
    issuer = await startIssuer()
    tokens.app = await issuer.token({ oid: appId, sub: appId })
    tokens.anna = await issuer.userToken('ToDoList.ReadWrite', { oid: annaId })
    tokens.ben = await issuer.userToken()
    api = await startTestApi(issuer)
  })
  afterAll(async () => {
    await api.close()
    await issuer.close()
  })
  afterEach(async () => {
    for (;;) {
      const { json } = await get(tokens.app)
      if (json.length === 0) return
      const remove = ({ id }: Todo) => api.call('DELETE', `${LIST}/${id}`, { token: tokens.app })
      await Promise.all(json.map(remove))
    }
  })

  return {
    get issuer() {
      return issuer
    },
    get api() {
      return api
    },
    get app() {
      return tokens.app
    },
    get anna() {
      return tokens.anna
    },
    get ben() {
      return tokens.ben
    },
    appId,
    annaId,
    get,
    post,
    async add(token, fields = {}) {
      const answer = await post(token, { description: 'milk', ...fields })
      expect(answer.status).toBe(201)
      return answer.json
    },
    send: (method, { id }, options) => api.call(method, `${LIST}/${id}`, options),
  }
}
