import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { parseTodo, type Todo } from '../../../core/todo.ts'
import { type CallOptions, expectProblem, startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi
/** An app, and two users, each with all permissions. */
let app: string
let anna: string
let ben: string
const appId = randomUUID()
const annaId = randomUUID()

beforeAll(async () => {
  issuer = await startIssuer()
  app = await issuer.token({ oid: appId, sub: appId })
  anna = await issuer.userToken('ToDoList.ReadWrite', { oid: annaId })
  ben = await issuer.userToken()
  api = await startTestApi(issuer)
})
afterAll(async () => {
  await api.close()
  await issuer.close()
})
afterEach(async () => {
  for (;;) {
    const { json } = await api.call('GET', LIST, { token: app })
    if (json.length === 0) return
    await Promise.all(json.map(({ id }: Todo) => api.call('DELETE', `${LIST}/${id}`, { token: app })))
  }
})

const LIST = '/api/todolist'
const get = (token: string, path = LIST, headers = {}) => api.call('GET', path, { token, headers })
const post = (token: string, body: unknown, headers = {}) => api.call('POST', LIST, { token, body, headers })

async function add(token: string, fields: object = {}): Promise<Todo> {
  const answer = await post(token, { description: 'milk', ...fields })
  expect(answer.status).toBe(201)
  return answer.json
}
const send = (method: string, { id }: { id: string }, options: CallOptions) =>
  api.call(method, `${LIST}/${id}`, options)

describe('creating', () => {
  test('gives the todo, where it is, and its version', async () => {
    const answer = await post(anna, { description: '  buy milk 🥛 ' })
    expect(answer.status).toBe(201)
    const todo = parseTodo(answer.json) as Todo
    expect(todo).toEqual(answer.json)
    expect(todo).toMatchObject({ owner: annaId, description: 'buy milk 🥛', done: false })
    expect(todo.createdAt).toBe(todo.updatedAt)
    expect(new Date(todo.createdAt).toISOString()).toBe(todo.createdAt)
    expect(answer.headers.get('location')).toBe(`${LIST}/${todo.id}`)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect((await get(anna, `${LIST}/${todo.id}`)).json).toEqual(todo)
  })

  test("a user's todo is theirs, whatever the body says", async () => {
    expect((await add(anna, { owner: randomUUID() })).owner).toBe(annaId)
  })

  test("an app's todo is its own, or whose it says", async () => {
    const owner = randomUUID()
    expect((await add(app)).owner).toBe(appId)
    expect((await add(app, { owner: owner.toUpperCase() })).owner).toBe(owner)
  })

  test('may be done from the start', async () => {
    expect((await add(anna, { done: true })).done).toBe(true)
  })

  test.each([
    ['no description', {}],
    ['an empty one', { description: '' }],
    ['one of blanks', { description: ' \t\n ' }],
    ['one that is too long', { description: 'x'.repeat(1001) }],
    ['one that is no string', { description: 7 }],
    ['null', { description: null }],
    ['half of a surrogate pair', '{"description":"\\ud83d"}'],
    ['U+0000', { description: 'a\0b' }],
    ['a done that is no boolean', { description: 'x', done: 'yes' }],
    ['an owner that is no GUID', { description: 'x', owner: 'anna' }],
    ['an unknown field', { description: 'x', priority: 1 }],
    ['a field of the prototype', '{"description":"x","__proto__":{"done":true}}'],
    ['an id', { description: 'x', id: randomUUID() }],
    ['an array', []],
    ['a string', '"x"'],
    ['null', 'null'],
  ])('with %s is refused, and makes nothing', async (_what, body) => {
    const answer = await post(app, body)
    expectProblem(answer, 400, 'invalid_body')
    expect(answer.json.errors.length).toBeGreaterThan(0)
    expect((await get(app)).json).toEqual([])
  })

  test('every mistake is named at once, by its field', async () => {
    const { json } = await post(app, { done: 1, owner: 2, extra: 3 })
    expect(json.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'description',
      'done',
      'extra',
      'owner',
    ])
  })

  test('1,000 characters outside the basic plane are not too many', async () => {
    const description = '😀'.repeat(1000)
    expect((await add(app, { description })).description).toBe(description)
  })
})

describe('bodies', () => {
  test.each([
    ['no JSON', '{', 400, 'invalid_json', {}],
    ['nothing', '', 400, 'invalid_json', {}],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'invalid_json', {}],
    ['more than 16 kB', JSON.stringify({ description: 'x'.repeat(17_000) }), 413, 'payload_too_large', {}],
    ['plain text', '{"description":"x"}', 415, 'unsupported_media_type', { 'content-type': 'text/plain' }],
    [
      'a form',
      'description=x',
      415,
      'unsupported_media_type',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      'another charset',
      '{"description":"x"}',
      415,
      'unsupported_media_type',
      { 'content-type': 'application/json; charset=utf-16' },
    ],
    ['compression', '{"description":"x"}', 415, 'unsupported_media_type', { 'content-encoding': 'gzip' }],
    [
      'a type that only begins like JSON',
      '{}',
      415,
      'unsupported_media_type',
      { 'content-type': 'application/jsonp' },
    ],
  ])('%s', async (_what, body, status, code, headers) => {
    expectProblem(await post(app, body, headers), status, code)
  })

  test('JSON may name its charset, if it is UTF-8', async () => {
    const headers = { 'content-type': 'application/json; charset=UTF-8' }
    expect((await post(app, { description: 'x' }, headers)).status).toBe(201)
  })
})

describe('reading', () => {
  test("another user's todo is missing, for an app it is there", async () => {
    const todo = await add(anna)
    expectProblem(await get(ben, `${LIST}/${todo.id}`), 404, 'not_found')
    expect((await get(app, `${LIST}/${todo.id}`)).json).toEqual(todo)
    expect((await get(ben)).json).toEqual([])
    expect((await get(app)).json).toEqual([todo])
  })

  test.each(['1', randomUUID(), 'x'.repeat(500), '%00', '..%2f..', "' OR 1=1 --"])(
    'the id %.40s is missing',
    async (id) => {
      expectProblem(await get(app, `${LIST}/${id}`), 404, 'not_found')
    },
  )

  test('an id may be in capitals', async () => {
    const { id } = await add(anna)
    expect((await get(anna, `${LIST}/${id.toUpperCase()}`)).status).toBe(200)
  })

  test('what is known already is not sent again', async () => {
    const todo = await add(anna)
    const answer = await get(anna, `${LIST}/${todo.id}`, { 'if-none-match': 'W/"9", W/"1"' })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', '"1"'])
    expect((await get(anna, `${LIST}/${todo.id}`, { 'if-none-match': '"2"' })).status).toBe(200)
  })

  test('HEAD is GET without a body', async () => {
    const todo = await add(anna)
    const answer = await send('HEAD', todo, { token: anna })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([200, '', '"1"'])
  })
})

describe('listing', () => {
  async function pages(token: string, query: string): Promise<Todo[][]> {
    const found: Todo[][] = []
    let path: string | undefined = `${LIST}?${query}`
    while (path !== undefined) {
      const answer = await get(token, path)
      expect(answer.status).toBe(200)
      found.push(answer.json)
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    return found
  }

  test('follows the Link header page by page, each todo once, in the order of creation', async () => {
    const todos = []
    for (let index = 0; index < 7; index += 1)
      todos.push(await add(index % 3 === 0 ? ben : anna, { description: `${index}` }))
    const found = await pages(app, 'limit=3')
    expect(found.map((page) => page.length)).toEqual([3, 3, 1])
    expect(found.flat()).toEqual(todos)
    expect((await pages(app, 'limit=7')).length).toBe(1)
    expect((await pages(anna, 'limit=2')).map((page) => page.length)).toEqual([2, 2])
  })

  test('filters by owner and by done, on every page', async () => {
    for (let index = 0; index < 6; index += 1) await add(index % 2 === 0 ? anna : ben, { done: index < 4 })
    const found = await pages(app, `owner=${annaId}&done=true&limit=1`)
    expect(found.map((page) => page.length)).toEqual([1, 1])
    expect(found.flat().every(({ owner, done }) => owner === annaId && done)).toBe(true)
    expect((await get(anna, `${LIST}?done=false`)).json.length).toBe(1)
  })

  test("a user who asks for someone else's gets an empty list", async () => {
    await add(anna)
    expect((await get(ben, `${LIST}?owner=${annaId}`)).json).toEqual([])
    expect((await get(anna, `${LIST}?owner=${annaId}`)).json.length).toBe(1)
  })

  test('has at most 100 todos a page', async () => {
    await Promise.all(Array.from({ length: 101 }, () => add(anna)))
    const answer = await get(anna)
    expect(answer.json.length).toBe(100)
    expect(answer.headers.get('link')).toMatch(/^<\/api\/todolist\?limit=100&cursor=[\w-]+>; rel="next"$/)
  })

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1e1',
    'limit=',
    'limit=%201',
    'limit=1&limit=2',
    'done=yes',
    'done=',
    'owner=anna',
    'owner=',
    'page=2',
    'offset=1',
    '__proto__=1',
    'limit[]=1',
  ])('?%s is refused', async (query) => {
    expectProblem(await get(app, `${LIST}?${query}`), 400, 'invalid_query')
  })

  test.each(['x', '', 'a'.repeat(27), '%22', 'AZoAAAAAAAAAAAAAAAAAAAAAAAA=', 'x'.repeat(200)])(
    'the cursor "%.30s" is refused',
    async (cursor) => {
      expectProblem(await get(app, `${LIST}?cursor=${cursor}`), 400, 'invalid_cursor')
    },
  )

  test("a cursor is good for its own listing only: not with other filters, nor for another user's", async () => {
    for (const token of [anna, anna, ben, ben]) await add(token)
    const next = (await get(anna, `${LIST}?limit=1`)).headers.get('link')?.match(/cursor=([\w-]+)/)?.[1]
    expect((await get(anna, `${LIST}?limit=5&cursor=${next}`)).json.length).toBe(1)
    expectProblem(await get(anna, `${LIST}?done=true&cursor=${next}`), 400, 'invalid_cursor')
    expectProblem(await get(ben, `${LIST}?cursor=${next}`), 400, 'invalid_cursor')
    expectProblem(await get(app, `${LIST}?cursor=${next}`), 400, 'invalid_cursor')
  })
})

describe('the three examples', () => {
  const names = (answer: { json: Todo[] }) => answer.json.map(({ description }) => description)

  test('are made for an app that finds nothing at all, where the setting says so', async () => {
    const demo = await startTestApi(issuer, { seedExamples: true })
    const list = (token: string) => demo.call('GET', LIST, { token })
    try {
      expect((await list(anna)).json).toEqual([])
      const examples = ['Pick up groceries', 'Finish invoice report', 'Water plants']
      expect(names(await list(app))).toEqual(examples)
      expect(names(await list(app))).toEqual(examples)
      for (const { id } of (await list(app)).json) await demo.call('DELETE', `${LIST}/${id}`, { token: app })
      await demo.call('POST', LIST, { token: anna, body: { description: 'hers' } })
      expect(names(await list(app))).toEqual(['hers'])
    } finally {
      await demo.close()
    }
  })

  test('are not made otherwise', async () => {
    expect((await get(app)).json).toEqual([])
  })
})

describe('changing', () => {
  test('PUT replaces, and keeps id, owner and creation', async () => {
    const todo = await add(anna, { done: true })
    const answer = await send('PUT', todo, { token: anna, body: { description: 'bread' } })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      ...todo,
      description: 'bread',
      done: false,
      updatedAt: answer.json.updatedAt,
    })
    expect(answer.headers.get('etag')).toBe('"2"')
  })

  test('PUT takes back what GET gave', async () => {
    const todo = await add(anna)
    expect(
      (await send('PUT', todo, { token: anna, body: { ...todo, description: 'bread' } })).json.description,
    ).toBe('bread')
  })

  test("PUT with another todo's id is refused", async () => {
    const todo = await add(anna)
    expectProblem(
      await send('PUT', todo, { token: anna, body: { ...todo, id: randomUUID() } }),
      400,
      'invalid_body',
    )
  })

  test('PATCH changes what it names', async () => {
    const todo = await add(anna)
    const answer = await send('PATCH', todo, { token: anna, body: { done: true } })
    expect(answer.json).toEqual({ ...todo, done: true, updatedAt: answer.json.updatedAt })
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect(
      (await send('PATCH', todo, { token: anna, headers, body: { description: ' tea ' } })).json.description,
    ).toBe('tea')
  })

  test.each([{}, { id: randomUUID() }, { done: null }, { description: ' ' }, { createdAt: 'x' }])(
    'PATCH with %j is refused',
    async (body) => {
      expectProblem(await send('PATCH', await add(anna), { token: anna, body }), 400, 'invalid_body')
    },
  )

  test.each(['PUT', 'PATCH'])(
    '%s: an app may give a todo to another owner, a user may not',
    async (method) => {
      const owner = randomUUID()
      const todo = await add(anna)
      const body = { description: 'x', owner }
      expect((await send(method, todo, { token: anna, body })).json.owner).toBe(annaId)
      expect((await send(method, todo, { token: app, body })).json.owner).toBe(owner)
      expectProblem(await send(method, todo, { token: anna, body }), 404, 'not_found')
    },
  )

  test.each(['PUT', 'PATCH', 'DELETE'])(
    "%s: another user's todo is missing, and stays as it is",
    async (method) => {
      const todo = await add(anna)
      const body = method === 'DELETE' ? {} : { body: { description: 'mine' } }
      expectProblem(await send(method, todo, { token: ben, ...body }), 404, 'not_found')
      expect((await get(anna, `${LIST}/${todo.id}`)).json).toEqual(todo)
    },
  )

  test.each(['PUT', 'PATCH', 'DELETE'])(
    '%s: with If-Match of a version that has passed nothing is lost',
    async (method) => {
      const todo = await add(anna)
      await send('PATCH', todo, { token: anna, body: { description: 'newer' } })
      const body = method === 'DELETE' ? {} : { body: { description: 'older' } }
      for (const tag of ['"1"', 'W/"2"', '"1", "3"', '"x"', '""']) {
        const answer = await send(method, todo, { token: anna, headers: { 'if-match': tag }, ...body })
        expectProblem(answer, 412, 'precondition_failed')
      }
      expectProblem(
        await send(method, todo, { token: anna, headers: { 'if-match': '2' }, ...body }),
        400,
        'invalid_request',
      )
      expect((await get(anna, `${LIST}/${todo.id}`)).json.description).toBe('newer')
      const answer = await send(method, todo, { token: anna, headers: { 'if-match': '"7", "2"' }, ...body })
      expect(answer.status).toBe(method === 'DELETE' ? 204 : 200)
    },
  )

  test('If-Match: * is any version', async () => {
    const headers = { 'if-match': '*' }
    expect((await send('DELETE', await add(anna), { token: anna, headers })).status).toBe(204)
    expectProblem(await send('DELETE', { id: randomUUID() }, { token: anna, headers }), 404, 'not_found')
  })

  test('DELETE removes, once', async () => {
    const todo = await add(anna)
    const answer = await send('DELETE', todo, { token: anna })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expectProblem(await send('DELETE', todo, { token: anna }), 404, 'not_found')
  })
})

describe('Idempotency-Key', () => {
  const keyed = (token: string, key: string, description = 'once') =>
    post(token, { description }, { 'idempotency-key': key })

  test('a retry makes no second todo, and gets the same answer', async () => {
    const [first, second] = [await keyed(anna, 'k-1'), await keyed(anna, '"k-1"')]
    expect([second.status, second.text]).toEqual([201, first.text])
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect((await get(anna)).json.length).toBe(1)
  })

  test('retries at the same time make one todo', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed(anna, 'k-2')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  })

  test('another body under the same key is refused', async () => {
    await keyed(anna, 'k-3')
    expectProblem(await keyed(anna, 'k-3', 'something else'), 422, 'idempotency_key_reused')
  })

  test("another user's, or another app's, same key is another key", async () => {
    const azp = randomUUID()
    const other = await issuer.userToken('ToDoList.ReadWrite', { oid: annaId, azp })
    const answers = [await keyed(anna, 'k-4'), await keyed(ben, 'k-4'), await keyed(other, 'k-4')]
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(3)
  })

  test.each(['', ' ', 'a b', 'x'.repeat(256), '"open', 'é'])('the key "%.20s" is refused', async (key) => {
    expectProblem(await keyed(anna, key), 400, 'invalid_request')
  })
})
