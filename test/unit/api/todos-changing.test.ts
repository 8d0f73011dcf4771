import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectProblem } from '../../support/api.ts'
import { LIST, withTodoApi } from '../../support/todo-api.ts'

const todos = withTodoApi()

describe('changing', () => {
  test('PUT replaces, and keeps id, owner and creation', async () => {
    const todo = await todos.add(todos.anna, { done: true })
    const answer = await todos.send('PUT', todo, { token: todos.anna, body: { description: 'bread' } })
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
    const todo = await todos.add(todos.anna)
    expect(
      (await todos.send('PUT', todo, { token: todos.anna, body: { ...todo, description: 'bread' } })).json
        .description,
    ).toBe('bread')
  })

  test("PUT with another todo's id is refused", async () => {
    const todo = await todos.add(todos.anna)
    expectProblem(
      await todos.send('PUT', todo, { token: todos.anna, body: { ...todo, id: randomUUID() } }),
      400,
      'invalid_body',
    )
  })

  test('PATCH changes what it names', async () => {
    const todo = await todos.add(todos.anna)
    const answer = await todos.send('PATCH', todo, { token: todos.anna, body: { done: true } })
    expect(answer.json).toEqual({ ...todo, done: true, updatedAt: answer.json.updatedAt })
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect(
      (await todos.send('PATCH', todo, { token: todos.anna, headers, body: { description: ' tea ' } })).json
        .description,
    ).toBe('tea')
  })

  test.each([{}, { id: randomUUID() }, { done: null }, { description: ' ' }, { createdAt: 'x' }])(
    'PATCH with %j is refused',
    async (body) => {
      expectProblem(
        await todos.send('PATCH', await todos.add(todos.anna), { token: todos.anna, body }),
        400,
        'invalid_body',
      )
    },
  )

  test.each(['PUT', 'PATCH'])(
    '%s: an app may give a todo to another owner, a user may not',
    async (method) => {
      const owner = randomUUID()
      const todo = await todos.add(todos.anna)
      const body = { description: 'x', owner }
      expect((await todos.send(method, todo, { token: todos.anna, body })).json.owner).toBe(todos.annaId)
      expect((await todos.send(method, todo, { token: todos.app, body })).json.owner).toBe(owner)
      expectProblem(await todos.send(method, todo, { token: todos.anna, body }), 404, 'not_found')
    },
  )

  test.each(['PUT', 'PATCH', 'DELETE'])(
    "%s: another user's todo is missing, and stays as it is",
    async (method) => {
      const todo = await todos.add(todos.anna)
      const body = method === 'DELETE' ? {} : { body: { description: 'mine' } }
      expectProblem(await todos.send(method, todo, { token: todos.ben, ...body }), 404, 'not_found')
      expect((await todos.get(todos.anna, `${LIST}/${todo.id}`)).json).toEqual(todo)
    },
  )

  test.each(['PUT', 'PATCH', 'DELETE'])(
    '%s: with If-Match of a version that has passed nothing is lost',
    async (method) => {
      const todo = await todos.add(todos.anna)
      await todos.send('PATCH', todo, { token: todos.anna, body: { description: 'newer' } })
      const body = method === 'DELETE' ? {} : { body: { description: 'older' } }
      for (const tag of ['"1"', 'W/"2"', '"1", "3"', '"x"', '""']) {
        const answer = await todos.send(method, todo, {
          token: todos.anna,
          headers: { 'if-match': tag },
          ...body,
        })
        expectProblem(answer, 412, 'precondition_failed')
      }
      expectProblem(
        await todos.send(method, todo, { token: todos.anna, headers: { 'if-match': '2' }, ...body }),
        400,
        'invalid_request',
      )
      expect((await todos.get(todos.anna, `${LIST}/${todo.id}`)).json.description).toBe('newer')
      const answer = await todos.send(method, todo, {
        token: todos.anna,
        headers: { 'if-match': '"7", "2"' },
        ...body,
      })
      expect(answer.status).toBe(method === 'DELETE' ? 204 : 200)
    },
  )

  test('If-Match: * is any version', async () => {
    const headers = { 'if-match': '*' }
    expect(
      (await todos.send('DELETE', await todos.add(todos.anna), { token: todos.anna, headers })).status,
    ).toBe(204)
    expectProblem(
      await todos.send('DELETE', { id: randomUUID() }, { token: todos.anna, headers }),
      404,
      'not_found',
    )
  })

  test.each(['PUT', 'PATCH', 'DELETE'])(
    '%s: with If-None-Match of the version that it has nothing happens',
    async (method) => {
      const todo = await todos.add(todos.anna)
      const body = method === 'DELETE' ? {} : { body: { description: 'newer' } }
      const ask = (of: { id: string }, headers: Record<string, string>) =>
        todos.send(method, of, { token: todos.anna, headers, ...body })
      for (const tag of ['"1"', 'W/"1"', '*', '"9", "1"'])
        expectProblem(await ask(todo, { 'if-none-match': tag }), 412, 'precondition_failed')
      const both = { 'if-match': '"2"', 'if-none-match': '"9"' }
      expectProblem(await ask(todo, both), 412, 'precondition_failed')
      expectProblem(await ask(todo, { 'if-none-match': 'x' }), 400, 'invalid_request')
      expectProblem(await ask({ id: randomUUID() }, { 'if-none-match': '*' }), 404, 'not_found')
      expect((await todos.get(todos.anna, `${LIST}/${todo.id}`)).json).toEqual(todo)
      const answer = await ask(todo, { 'if-none-match': '"2", "3"' })
      expect(answer.status).toBe(method === 'DELETE' ? 204 : 200)
    },
  )

  test('DELETE removes, once', async () => {
    const todo = await todos.add(todos.anna)
    const answer = await todos.send('DELETE', todo, { token: todos.anna })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expectProblem(await todos.send('DELETE', todo, { token: todos.anna }), 404, 'not_found')
  })
})
