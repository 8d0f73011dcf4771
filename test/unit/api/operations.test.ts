import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetrics } from '../../../api/metrics.ts'
import { operations } from '../../../api/operations.ts'
import { openStore } from '../../../api/store/open.ts'
import { call, expectProblem, soon, startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())
beforeEach(async () => {
  api = await startTestApi(issuer)
})
afterEach(() => api.close())

const LIST = '/api/todolist'
const metricsOf = async (of: TestApi) => (await fetch(`${of.origin}/metrics`)).text()

test('/healthz says that the process lives, and needs no token', async () => {
  const answer = await api.call('GET', '/healthz')
  expect([answer.status, answer.json]).toEqual([200, { status: 'ok' }])
})

test('/readyz is 200 when store and issuer are there', async () => {
  const answer = await api.call('GET', '/readyz')
  expect(answer.status).toBe(200)
  expect(answer.json).toEqual({ status: 'ok', checks: { store: 'ok', issuer: 'ok', process: 'ok' } })
})

test('/readyz says what is missing; /healthz does not mind', async () => {
  const down = await startIssuer()
  down.mode = 'down'
  const other = await startTestApi(down)
  const answer = await other.call('GET', '/readyz')
  expect(answer.status).toBe(503)
  expect(answer.json).toEqual({
    status: 'not ready',
    checks: { store: 'ok', issuer: 'no usable keys', process: 'ok' },
  })
  expect((await other.call('GET', '/healthz')).status).toBe(200)
  await other.close()
  await down.close()
})

test('/readyz recovers when the issuer does, and asks it no more often than once a second', async () => {
  const down = await startIssuer()
  down.mode = 'down'
  const other = await startTestApi(down)
  const answers = await Promise.all(Array.from({ length: 20 }, () => other.call('GET', '/readyz')))
  expect(answers.every(({ status }) => status === 503)).toBe(true)
  expect(down.requests.discovery).toBeLessThan(answers.length)
  down.mode = 'up'
  await expect.poll(async () => (await other.call('GET', '/readyz')).status, soon).toBe(200)
  await other.close()
  await down.close()
})

test('/readyz asks the store once a second at most, however many ask here', async () => {
  const store = await openStore('sqlite::memory:')
  let pings = 0
  const counted = {
    ...store,
    ping: () => {
      pings += 1
      return store.ping()
    },
  }
  const guard = { ready: () => true, warmUp: async () => {}, authenticate: () => {} }
  const parts = { guard, metrics: createMetrics(), stopping: () => false, exposeMetrics: false }
  const server = express()
    .use(operations({ store: counted, ...parts }))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`
  const begun = performance.now()
  const answers = await Promise.all(Array.from({ length: 30 }, () => call(url, 'GET')))
  const seconds = (performance.now() - begun) / 1000
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(pings).toBeLessThanOrEqual(1 + seconds)
  server.close()
  await store.close()
})

test.each(['/healthz', '/readyz', '/metrics'])('%s can be read only', async (path) => {
  const answer = await api.call('POST', path)
  expectProblem(answer, 405, 'method_not_allowed')
  expect(answer.headers.get('allow')).toBe('GET, HEAD')
})

test('/metrics counts requests, latency, cache hits, key fetches, and denials by reason', async () => {
  const token = await issuer.token()
  await api.call('GET', LIST, { token })
  await api.call('GET', LIST, { token })
  await api.call('GET', LIST)
  await api.call('GET', LIST, { token: await issuer.token({ roles: [] }) })
  await api.call('GET', '/nowhere')
  await expect.poll(() => metricsOf(api), soon).toContain('route="other",status="404"')
  const text = await metricsOf(api)
  for (const line of [
    'todo_api_requests_total{method="GET",route="/api/todolist",status="200"} 2',
    'todo_api_requests_total{method="GET",route="/api/todolist",status="401"} 1',
    'todo_api_requests_total{method="GET",route="/api/todolist",status="403"} 1',
    'todo_api_token_cache_total{result="hit"} 1',
    'todo_api_token_cache_total{result="miss"} 2',
    'todo_api_key_fetches_total{outcome="ok"} 1',
    'todo_api_denials_total{reason="unauthenticated"} 1',
    'todo_api_denials_total{reason="insufficient_scope"} 1',
    'todo_api_denials_total{reason="not_found"} 1',
  ]) {
    expect(text).toContain(`${line}\n`)
  }
  expect(text).toMatch(/todo_api_request_duration_seconds_count [1-9]/)
})

test('what callers make up never becomes a label', async () => {
  await api.call('GET', `${LIST}/made-up-1`, { token: await issuer.token() })
  await api.call('GET', '/made-up-2')
  await expect.poll(() => metricsOf(api), soon).toContain('status="404"')
  expect(await metricsOf(api)).not.toContain('made-up')
})

test('/metrics can be switched off', async () => {
  const other = await startTestApi(issuer, { exposeMetrics: false })
  expectProblem(await other.call('GET', '/metrics'), 404, 'not_found')
  await other.close()
})

test('off loopback /metrics is closed, HSTS is on, and each client app has its own limit', async () => {
  const other = await startTestApi(issuer, { host: '0.0.0.0', tlsTerminated: true, rateLimitPerMinute: 3 })
  const azp = randomUUID()
  const greedy = await issuer.token({ azp })
  const [oneOfIts, another] = [
    await issuer.userToken('ToDoList.Read', { azp }),
    await issuer.userToken('ToDoList.Read', { azp }),
  ]
  const modest = await issuer.token()
  const list = (token: string) => other.call('GET', LIST, { token })
  try {
    expectProblem(await other.call('GET', '/metrics'), 404, 'not_found')
    const first = await list(greedy)
    expect(first.headers.get('strict-transport-security')).toMatch(/^max-age=/)
    expect(first.headers.get('ratelimit')).toMatch(/r=2/)
    // Whoever it acts for, it is the same app.
    await list(oneOfIts)
    await list(another)
    expectProblem(await list(another), 429, 'rate_limited')
    const refused = await list(greedy)
    expectProblem(refused, 429, 'rate_limited')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await list(modest)).status).toBe(200)
    expectProblem(await list('x'), 401, 'invalid_token')
  } finally {
    await other.close()
  }
})

test('on loopback there is no limit', async () => {
  const other = await startTestApi(issuer, { rateLimitPerMinute: 1 })
  const token = await issuer.token()
  for (let index = 0; index < 3; index += 1)
    expect((await other.call('GET', LIST, { token })).status).toBe(200)
  await other.close()
})
