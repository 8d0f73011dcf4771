import type { AddressInfo } from 'node:net'
import express from 'express'
import { expect, test } from 'vitest'
import { invalidToken } from '../../../api/auth/auth-error.ts'
import { Problem, problemHandler } from '../../../api/problem.ts'
import { StoreUnavailable } from '../../../api/store/store.ts'
import { call, expectProblem } from '../../support/api.ts'

/** The answer of an app whose only handler does this, and what its observer saw. */
async function answerTo(handler: express.RequestHandler) {
  const seen: unknown[] = []
  const app = express()
  app.get('/', handler)
  app.use(
    problemHandler((problem, error) => {
      seen.push(problem.code, error)
      return 'id-1'
    }),
  )
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const answer = await call(url, 'GET').finally(() => server.close())
  return { answer, seen }
}

const throwing = (error: unknown): express.RequestHandler => {
  return () => {
    throw error
  }
}

test('a problem is answered with its status, code, headers and the id of the request', async () => {
  const problem = new Problem('method_not_allowed', 'why', { headers: { Allow: 'GET' } })
  const { answer, seen } = await answerTo(throwing(problem))
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.json).toEqual({
    type: 'urn:todo-api:problem:method_not_allowed',
    title: 'Method Not Allowed',
    status: 405,
    code: 'method_not_allowed',
    detail: 'why',
    requestId: 'id-1',
  })
  expect(answer.headers.get('allow')).toBe('GET')
  expect(seen).toEqual(['method_not_allowed', problem])
})

test("the guard's refusals keep their challenge", async () => {
  const { answer } = await answerTo(throwing(invalidToken('why')))
  expectProblem(answer, 401, 'invalid_token')
  expect(answer.headers.get('www-authenticate')).toContain('error_description="why"')
})

test('every wrong field is named', async () => {
  const errors = [{ field: 'a', message: 'is wrong' }]
  const { answer } = await answerTo(throwing(new Problem('invalid_body', 'why', { errors })))
  expect(answer.json.errors).toEqual(errors)
})

test.each([
  ['an error', new Error('SELECT secret FROM table')],
  ['a text', 'secret'],
  ['an error that says 500', Object.assign(new Error('secret'), { status: 500 })],
  ['an error with a status that is none', Object.assign(new Error('secret'), { status: '404' })],
])('%s that nobody expected is 500, and tells nothing', async (_what, error) => {
  const { answer, seen } = await answerTo(throwing(error))
  expectProblem(answer, 500, 'internal')
  expect(answer.text).not.toContain('secret')
  expect(seen[0]).toBe('internal')
})

test.each([
  ['a store that does not answer', new StoreUnavailable('x'), 503, 'store_unavailable'],
  [
    'a body that is too large',
    Object.assign(new Error('x'), { status: 413, type: 'entity.too.large' }),
    413,
    'payload_too_large',
  ],
  [
    'a compressed body',
    Object.assign(new Error('x'), { status: 415, type: 'encoding.unsupported' }),
    415,
    'unsupported_media_type',
  ],
  ['a broken address', new URIError('x'), 400, 'invalid_request'],
  ['what Express refuses', Object.assign(new Error('x'), { status: 400 }), 400, 'invalid_request'],
])('%s', async (_what, error, status, code) => {
  const { answer } = await answerTo(throwing(error))
  expectProblem(answer, status, code)
})

test('an answer that has begun is cut, not completed with something else', async () => {
  const broken = answerTo((_req, res) => {
    res.writeHead(200, { 'content-length': '100' })
    res.write('{"half":')
    throw new Error('x')
  })
  await expect(broken).rejects.toThrow()
})
