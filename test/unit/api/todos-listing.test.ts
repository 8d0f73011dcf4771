import { describe, expect, test } from 'vitest'
import { writeCursor } from '../../../api/cursor.ts'
import type { Todo } from '../../../core/todo.ts'
import { expectProblem } from '../../support/api.ts'
import { LIST, withTodoApi } from '../../support/todo-api.ts'

const todos = withTodoApi()

describe('a condition on the whole list, which has no version,', () => {
  const list = (headers: Record<string, string>, query = '') =>
    todos.get(todos.anna, `${LIST}${query}`, headers)
  const add = (headers: Record<string, string>, description = 'x') =>
    todos.post(todos.anna, { description }, headers)

  test('is met by no tag of If-Match: nothing is listed, and nothing added', async () => {
    expectProblem(await list({ 'if-match': '"1"' }), 412, 'precondition_failed')
    expectProblem(await add({ 'if-match': '"1"' }), 412, 'precondition_failed')
    expect((await list({ 'if-match': '*' })).json).toEqual([])
    expect((await add({ 'if-match': '*' })).status).toBe(201)
  })

  test('is not met by If-None-Match: *, for the list is there', async () => {
    const answer = await list({ 'if-none-match': '*' })
    expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', null])
    expectProblem(await add({ 'if-none-match': '*' }), 412, 'precondition_failed')
    expect((await list({ 'if-none-match': '"1"' })).json).toEqual([])
    expect((await add({ 'if-none-match': '"1"' })).status).toBe(201)
  })

  test('does not hide what else is wrong with the request', async () => {
    expectProblem(await list({ 'if-match': '"1"' }, '?limit=x'), 400, 'invalid_query')
    expectProblem(await add({ 'if-match': '"1"' }, ''), 400, 'invalid_body')
  })
})

describe('listing', () => {
  async function pages(token: string, query: string): Promise<Todo[][]> {
    const found: Todo[][] = []
    let path: string | undefined = `${LIST}?${query}`
    while (path !== undefined) {
      const answer = await todos.get(token, path)
      expect(answer.status).toBe(200)
      found.push(answer.json)
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    return found
  }

  test('follows the Link header page by page, each todo once, in the order of creation', async () => {
    const made = []
    for (let index = 0; index < 7; index += 1)
      made.push(await todos.add(index % 3 === 0 ? todos.ben : todos.anna, { description: `${index}` }))
    const found = await pages(todos.app, 'limit=3')
    expect(found.map((page) => page.length)).toEqual([3, 3, 1])
    expect(found.flat()).toEqual(made)
    expect((await pages(todos.app, 'limit=7')).length).toBe(1)
    expect((await pages(todos.anna, 'limit=2')).map((page) => page.length)).toEqual([2, 2])
  })

  test('filters by owner and by done, on every page', async () => {
    for (let index = 0; index < 6; index += 1)
      await todos.add(index % 2 === 0 ? todos.anna : todos.ben, { done: index < 4 })
    const found = await pages(todos.app, `owner=${todos.annaId}&done=true&limit=1`)
    expect(found.map((page) => page.length)).toEqual([1, 1])
    expect(found.flat().every(({ owner, done }) => owner === todos.annaId && done)).toBe(true)
    expect((await todos.get(todos.anna, `${LIST}?done=false`)).json.length).toBe(1)
  })

  test("a user who asks for someone else's gets an empty list, not their own", async () => {
    const [hers, his] = [await todos.add(todos.anna), await todos.add(todos.ben)]
    const ofAnna = `${LIST}?owner=${todos.annaId}`
    const answer = await todos.get(todos.ben, ofAnna)
    expect([answer.status, answer.json, answer.headers.get('link')]).toEqual([200, [], null])
    expect((await todos.get(todos.ben)).json).toEqual([his])
    expect((await todos.get(todos.anna, ofAnna)).json).toEqual([hers])
    expect((await todos.get(todos.app, ofAnna)).json).toEqual([hers])
  })

  test('has at most 100 todos a page', async () => {
    await Promise.all(Array.from({ length: 101 }, () => todos.add(todos.anna)))
    const answer = await todos.get(todos.anna)
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
    expectProblem(await todos.get(todos.app, `${LIST}?${query}`), 400, 'invalid_query')
  })

  test.each(['x', '', 'a'.repeat(27), '%22', 'AZoAAAAAAAAAAAAAAAAAAAAAAAA=', 'x'.repeat(200)])(
    'the cursor "%.30s" is refused',
    async (cursor) => {
      expectProblem(await todos.get(todos.app, `${LIST}?cursor=${cursor}`), 400, 'invalid_cursor')
    },
  )

  test("a cursor is good for its own listing only: not with other filters, nor for another user's", async () => {
    for (const token of [todos.anna, todos.anna, todos.ben, todos.ben]) await todos.add(token)
    const next = (await todos.get(todos.anna, `${LIST}?limit=1`)).headers
      .get('link')
      ?.match(/cursor=([\w-]+)/)?.[1]
    expect((await todos.get(todos.anna, `${LIST}?limit=5&cursor=${next}`)).json.length).toBe(1)
    expectProblem(await todos.get(todos.anna, `${LIST}?done=true&cursor=${next}`), 400, 'invalid_cursor')
    expectProblem(await todos.get(todos.ben, `${LIST}?cursor=${next}`), 400, 'invalid_cursor')
    expectProblem(await todos.get(todos.app, `${LIST}?cursor=${next}`), 400, 'invalid_cursor')
  })

  test('while todos come and go between the pages, each that stays is seen once', async () => {
    const made = []
    for (let index = 0; index < 6; index += 1)
      made.push(await todos.add(todos.anna, { description: `${index}` }))
    const [first, second, third, fourth] = made as [Todo, Todo, Todo, Todo]
    const nextOf = (answer: { headers: Headers }) =>
      /^<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1] as string
    const page1 = await todos.get(todos.anna, `${LIST}?limit=2`)
    expect(page1.json).toEqual([first, second])
    // One from a page that was read, the last one of it, and the first of the next; and a new one.
    for (const gone of [first, second, third]) await todos.send('DELETE', gone, { token: todos.anna })
    const added = await todos.add(todos.anna, { description: 'new' })
    const page2 = await todos.get(todos.anna, nextOf(page1))
    expect(page2.json).toEqual([fourth, made[4]])
    const page3 = await todos.get(todos.anna, nextOf(page2))
    expect(page3.json).toEqual([made[5], added])
    expect(page3.headers.get('link')).toBeNull()
  })

  test('a todo that is done meanwhile leaves the listing of what is not', async () => {
    const made = []
    for (let index = 0; index < 3; index += 1) made.push(await todos.add(todos.anna))
    const page = await todos.get(todos.anna, `${LIST}?done=false&limit=1`)
    const next = /^<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1] as string
    await todos.send('PATCH', made[1] as Todo, { token: todos.anna, body: { done: true } })
    expect((await todos.get(todos.anna, next)).json).toEqual([made[2]])
  })

  test("a cursor that was made up shows a user nobody's todos but theirs", async () => {
    const hers = await todos.add(todos.anna)
    await todos.add(todos.ben)
    const before = '00000000-0000-0000-0000-000000000000'
    const cursor = writeCursor(before, { owner: todos.annaId })
    expect((await todos.get(todos.anna, `${LIST}?cursor=${cursor}`)).json).toEqual([hers])
    expectProblem(await todos.get(todos.ben, `${LIST}?cursor=${cursor}`), 400, 'invalid_cursor')
    const all = writeCursor(before, {})
    expectProblem(await todos.get(todos.anna, `${LIST}?cursor=${all}`), 400, 'invalid_cursor')
  })
})
