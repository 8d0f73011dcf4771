import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseTodo, type Todo } from '../../../core/todo.ts'
import { expectProblem, startTestApi } from '../../support/api.ts'
import { LIST, withTodoApi } from '../../support/todo-api.ts'

const todos = withTodoApi()

describe('creating', () => {
  test('gives the todo, where it is, and its version', async () => {
    const answer = await todos.post(todos.anna, { description: '  buy milk 🥛 ' })
    expect(answer.status).toBe(201)
    const todo = parseTodo(answer.json) as Todo
    expect(todo).toEqual(answer.json)
    expect(todo).toMatchObject({ owner: todos.annaId, description: 'buy milk 🥛', done: false })
    expect(todo.createdAt).toBe(todo.updatedAt)
    expect(new Date(todo.createdAt).toISOString()).toBe(todo.createdAt)
    expect(answer.headers.get('location')).toBe(`${LIST}/${todo.id}`)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect((await todos.get(todos.anna, `${LIST}/${todo.id}`)).json).toEqual(todo)
  })

  test("a user's todo is theirs, whatever the body says", async () => {
    expect((await todos.add(todos.anna, { owner: randomUUID() })).owner).toBe(todos.annaId)
  })

  test("an app's todo is its own, or whose it says", async () => {
    const owner = randomUUID()
    expect((await todos.add(todos.app)).owner).toBe(todos.appId)
    expect((await todos.add(todos.app, { owner: owner.toUpperCase() })).owner).toBe(owner)
  })

  test('may be done from the start', async () => {
    expect((await todos.add(todos.anna, { done: true })).done).toBe(true)
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
    const answer = await todos.post(todos.app, body)
    expectProblem(answer, 400, 'invalid_body')
    expect(answer.json.errors.length).toBeGreaterThan(0)
    expect((await todos.get(todos.app)).json).toEqual([])
  })

  test('every mistake is named at once, by its field', async () => {
    const { json } = await todos.post(todos.app, { done: 1, owner: 2, extra: 3 })
    expect(json.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'description',
      'done',
      'extra',
      'owner',
    ])
  })

  test('1,000 characters outside the basic plane are not too many', async () => {
    const description = '😀'.repeat(1000)
    expect((await todos.add(todos.app, { description })).description).toBe(description)
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
      'a merge patch, which only PATCH knows',
      '{"description":"x"}',
      415,
      'unsupported_media_type',
      { 'content-type': 'application/merge-patch+json' },
    ],
    [
      'a type that only begins like JSON',
      '{}',
      415,
      'unsupported_media_type',
      { 'content-type': 'application/jsonp' },
    ],
  ])('%s', async (_what, body, status, code, headers) => {
    expectProblem(await todos.post(todos.app, body, headers), status, code)
  })

  test('JSON may name its charset, if it is UTF-8', async () => {
    const headers = { 'content-type': 'application/json; charset=UTF-8' }
    expect((await todos.post(todos.app, { description: 'x' }, headers)).status).toBe(201)
  })
})

describe('reading', () => {
  test("another user's todo is missing, for an app it is there", async () => {
    const todo = await todos.add(todos.anna)
    expectProblem(await todos.get(todos.ben, `${LIST}/${todo.id}`), 404, 'not_found')
    expect((await todos.get(todos.app, `${LIST}/${todo.id}`)).json).toEqual(todo)
    expect((await todos.get(todos.ben)).json).toEqual([])
    expect((await todos.get(todos.app)).json).toEqual([todo])
  })

  test.each(['1', randomUUID(), 'x'.repeat(500), '%00', '..%2f..', "' OR 1=1 --"])(
    'the id %.40s is missing',
    async (id) => {
      expectProblem(await todos.get(todos.app, `${LIST}/${id}`), 404, 'not_found')
    },
  )

  test('an id may be in capitals', async () => {
    const { id } = await todos.add(todos.anna)
    expect((await todos.get(todos.anna, `${LIST}/${id.toUpperCase()}`)).status).toBe(200)
  })

  test('what is known already is not sent again', async () => {
    const todo = await todos.add(todos.anna)
    const answer = await todos.get(todos.anna, `${LIST}/${todo.id}`, { 'if-none-match': 'W/"9", W/"1"' })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', '"1"'])
    expect((await todos.get(todos.anna, `${LIST}/${todo.id}`, { 'if-none-match': '"2"' })).status).toBe(200)
  })

  test('with If-Match of another version it is 412', async () => {
    const todo = await todos.add(todos.anna)
    const read = (tag: string) => todos.get(todos.anna, `${LIST}/${todo.id}`, { 'if-match': tag })
    expectProblem(await read('"2"'), 412, 'precondition_failed')
    expectProblem(await read('W/"1"'), 412, 'precondition_failed')
    expect((await read('"1"')).status).toBe(200)
    expect((await read('*')).status).toBe(200)
    const both = { 'if-match': '"1"', 'if-none-match': '"1"' }
    expect((await todos.get(todos.anna, `${LIST}/${todo.id}`, both)).status).toBe(304)
  })

  test('HEAD is GET without a body', async () => {
    const todo = await todos.add(todos.anna)
    const answer = await todos.send('HEAD', todo, { token: todos.anna })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([200, '', '"1"'])
  })
})

describe('the three examples', () => {
  const names = (answer: { json: Todo[] }) => answer.json.map(({ description }) => description)

  test('are made for an app that finds nothing at all, where the setting says so', async () => {
    const demo = await startTestApi(todos.issuer, { seedExamples: true })
    const list = (token: string) => demo.call('GET', LIST, { token })
    try {
      expect((await list(todos.anna)).json).toEqual([])
      const examples = ['Pick up groceries', 'Finish invoice report', 'Water plants']
      expect(names(await list(todos.app))).toEqual(examples)
      expect(names(await list(todos.app))).toEqual(examples)
      for (const { id } of (await list(todos.app)).json)
        await demo.call('DELETE', `${LIST}/${id}`, { token: todos.app })
      await demo.call('POST', LIST, { token: todos.anna, body: { description: 'hers' } })
      expect(names(await list(todos.app))).toEqual(['hers'])
    } finally {
      await demo.close()
    }
  })

  test('are not made otherwise', async () => {
    expect((await todos.get(todos.app)).json).toEqual([])
  })
})

describe('Idempotency-Key', () => {
  const keyed = (token: string, key: string, description = 'once') =>
    todos.post(token, { description }, { 'idempotency-key': key })

  test('a retry makes no second todo, and gets the same answer', async () => {
    const [first, second] = [await keyed(todos.anna, 'k-1'), await keyed(todos.anna, '"k-1"')]
    expect([second.status, second.text]).toEqual([201, first.text])
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect((await todos.get(todos.anna)).json.length).toBe(1)
  })

  test('retries at the same time make one todo', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => keyed(todos.anna, 'k-2')))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  })

  test.each([
    ['another description', { description: 'other' }],
    ['done', { description: 'once', done: true }],
    ['another owner', { description: 'once', owner: randomUUID() }],
  ])('another body under the same key is refused: %s', async (_what, body) => {
    const headers = { 'idempotency-key': randomUUID() }
    const first = await todos.post(todos.app, { description: 'once' }, headers)
    expectProblem(await todos.post(todos.app, body, headers), 422, 'idempotency_key_reused')
    expect((await todos.get(todos.app)).json).toEqual([first.json])
  })

  test('the same body, written otherwise, is the same', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const first = await todos.post(todos.app, { description: 'once' }, headers)
    const body = `{ "done": false, "owner": "${todos.appId.toUpperCase()}", "description": " once" }`
    const second = await todos.post(todos.app, body, headers)
    expect([second.status, second.text]).toEqual([201, first.text])
  })

  test("another user's, or another app's, same key is another key", async () => {
    const azp = randomUUID()
    const other = await todos.issuer.userToken('ToDoList.ReadWrite', { oid: todos.annaId, azp })
    const answers = [await keyed(todos.anna, 'k-4'), await keyed(todos.ben, 'k-4'), await keyed(other, 'k-4')]
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(3)
  })

  test.each(['', ' ', 'a b', 'x'.repeat(256), '"open', 'é'])('the key "%.20s" is refused', async (key) => {
    expectProblem(await keyed(todos.anna, key), 400, 'invalid_request')
  })
})
