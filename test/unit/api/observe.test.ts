/** The log line and the counts of a request. */
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { LogRecord } from '../../../api/log.ts'
import { soon, startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'

const LIST = '/api/todolist'

let issuer: TestIssuer
let token: string
let api: TestApi
let records: LogRecord[]

beforeAll(async () => {
  issuer = await startIssuer()
  token = await issuer.token()
})
afterAll(() => issuer.close())
beforeEach(async () => {
  records = []
  api = await startTestApi(issuer, { log: (record) => records.push(record) })
})
afterEach(() => api.close())

const requests = () => records.filter(({ event }) => event === 'request')
const lineOf = async (path: string, headers = {}) => {
  const before = requests().length
  await api.call('GET', path, { token, headers })
  await expect.poll(() => requests().length, soon).toBe(before + 1)
  return requests().at(-1)
}

test('a line has what finds a request again: id, method, path, status, time, client app', async () => {
  const line = await lineOf(LIST, { 'x-request-id': 'my-own-id-1' })
  expect(Object.keys(line ?? {}).sort()).toEqual(
    ['client', 'denied', 'event', 'id', 'level', 'method', 'ms', 'path', 'status', 'time'].sort(),
  )
  expect(line).toMatchObject({ id: 'my-own-id-1', method: 'GET', path: LIST, status: 200, denied: undefined })
  expect(line?.client).toMatch(/^[0-9a-f-]{36}$/)
})

test('a token that somebody took for a part of the path, or for an id, is not in the log', async () => {
  await lineOf(`${LIST}/${token}`)
  await lineOf(`/${token}/x`)
  await lineOf(`${LIST}/x${token.slice(0, 150)}`)
  await lineOf(LIST, { 'x-request-id': token })
  await lineOf(`${LIST}?${token}=1`)
  await lineOf(LIST, {
    cookie: `t=${token}`,
    'x-other': token,
    referer: `https://x/${token}`,
    'user-agent': token,
  })
  expect(requests().map(({ path }) => path)).toEqual([
    `${LIST}/***`,
    '/***/x',
    `${LIST}/x***`,
    LIST,
    LIST,
    LIST,
  ])
  const text = JSON.stringify(records)
  for (const part of token.split('.')) expect(text).not.toContain(part.slice(0, 40))
})

test('a long path is cut', async () => {
  expect(String((await lineOf(`/${'x'.repeat(5000)}`))?.path).length).toBe(200)
})

test.each(['/healthz', '/readyz', '/metrics'])('%s is not logged when all is well', async (path) => {
  await (await fetch(api.origin + path)).text()
  await lineOf(LIST)
  expect(requests().length).toBe(1)
  expect(await (await fetch(`${api.origin}/metrics`)).text()).toContain(`route="${path}",status="200"`)
})

test('a client that goes away within its body is 499 in log and metrics, and no todo is made', async () => {
  const head = `POST ${LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"description":"half`
  const socket = connect(api.port, '127.0.0.1', () => socket.write(head))
  // The lookup in the cache of tokens says that the request is under way.
  const lookups = async () =>
    (await (await fetch(`${api.origin}/metrics`)).text()).includes('token_cache_total{')
  await expect.poll(lookups, soon).toBe(true)
  socket.destroy()
  await expect.poll(() => requests().length, soon).toBe(1)
  expect(requests()[0]).toMatchObject({ method: 'POST', status: 499, level: 'info' })
  expect(await (await fetch(`${api.origin}/metrics`)).text()).toContain(
    'todo_api_requests_total{method="POST",route="/api/todolist",status="499"} 1\n',
  )
  expect((await api.call('GET', LIST, { token })).json).toEqual([])
  expect(records.filter(({ level }) => level === 'error')).toEqual([])
})
