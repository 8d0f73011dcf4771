import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogRecord } from '../../../api/log.ts'
import { expectProblem, soon, startTestApi } from '../../support/api.ts'
import { appError } from '../../support/app-error.ts'
import { localhostTls, startIssuer, type TestIssuer } from '../../support/issuer.ts'
import { allOf, sendRaw } from '../../support/raw-http.ts'

let issuer: TestIssuer
let token: string
let folder: string

beforeAll(async () => {
  issuer = await startIssuer()
  token = await issuer.token()
  folder = await mkdtemp(join(tmpdir(), 'todo-api-'))
})
afterAll(async () => {
  await issuer.close()
  await rm(folder, { recursive: true })
})

const LIST = '/api/todolist'

/** The status of a GET over TLS with the CA that is given. */
function getOverTls(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    request(url, { ca, headers, agent: false }, (res) => {
      res.resume()
      resolve(res.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('with a certificate it serves HTTPS, at localhost', async () => {
  const tls = await localhostTls()
  const api = await startTestApi(issuer, { tls })
  try {
    expect(api.url).toBe(`https://localhost:${api.port}${LIST}`)
    expect(await getOverTls(api.url, tls.certPem)).toBe(200)
    await expect(fetch(api.origin + LIST)).rejects.toThrow()
  } finally {
    await api.close()
  }
})

test('without one it serves HTTP on loopback', async () => {
  const api = await startTestApi(issuer)
  expect(api.url).toBe(`http://localhost:${api.port}${LIST}`)
  await api.close()
})

test('it does not start with plain HTTP on any other address', async () => {
  await appError('server-config-invalid', () => startTestApi(issuer, { host: '0.0.0.0' }))
})

test('a port in use is one clear error, and the store is closed again', async () => {
  const api = await startTestApi(issuer)
  const databaseUrl = `sqlite:${join(folder, 'port.db')}`
  const error = await appError('local-port-in-use', () =>
    startTestApi(issuer, { port: api.port, databaseUrl }),
  )
  expect(error.message).toBe(`port ${api.port} is taken`)
  // SQLite removes its log when the last connection is closed.
  expect((await readdir(folder)).filter((name) => name.startsWith('port.db'))).toEqual(['port.db'])
  await api.close()
})

test('an address of another machine, a bad certificate and a bad store are clear errors', async () => {
  await appError('server-config-invalid', () =>
    startTestApi(issuer, { host: '203.0.113.1', tlsTerminated: true }),
  )
  const tls = { certPem: 'x', keyPem: 'y' }
  await appError('server-config-invalid', () => startTestApi(issuer, { tls }))
  await appError('store-failed', () => startTestApi(issuer, { databaseUrl: `sqlite:${folder}` }))
})

test('it starts while the issuer is down, answers 503, and works when the issuer is back', async () => {
  const down = await startIssuer()
  down.mode = 'down'
  const api = await startTestApi(down)
  const options = { token: await down.token() }
  try {
    const answer = await api.call('GET', LIST, options)
    expectProblem(answer, 503, 'issuer_unavailable')
    expect(answer.headers.get('retry-after')).toBe('1')
    expectProblem(await api.call('GET', LIST, { token: 'x' }), 401, 'invalid_token')
    expectProblem(await api.call('GET', LIST), 401, 'unauthenticated')
    down.mode = 'up'
    await expect.poll(async () => (await api.call('GET', LIST, options)).status, soon).toBe(200)
  } finally {
    await api.close()
    await down.close()
  }
})

test('the keys are there before the first request asks for them', async () => {
  const eager = await startIssuer()
  const api = await startTestApi(eager)
  await expect.poll(() => eager.requests.keys, soon).toBe(1)
  expect((await api.call('GET', LIST, { token: await eager.token() })).status).toBe(200)
  expect(eager.requests).toEqual({ discovery: 1, keys: 1 })
  await api.close()
  await eager.close()
})

test('a flood of tokens with made-up keys makes no flood of requests, and holds up nobody', async () => {
  const flooded = await startIssuer()
  const api = await startTestApi(flooded)
  const good = await flooded.token()
  expect((await api.call('GET', LIST, { token: good })).status).toBe(200)
  const made = await Promise.all(
    Array.from({ length: 100 }, (_, index) => flooded.token({}, { kid: `x${index}` })),
  )
  const answers = await Promise.all(made.map((token) => api.call('GET', LIST, { token })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  expect(flooded.requests.keys).toBeLessThan(20)
  expect((await api.call('GET', LIST, { token: await flooded.token() })).status).toBe(200)
  await api.close()
  await flooded.close()
})

test('a key that the issuer rotates in works without a restart', async () => {
  const rotating = await startIssuer()
  const api = await startTestApi(rotating)
  try {
    expect((await api.call('GET', LIST, { token: await rotating.token() })).status).toBe(200)
    const key = await rotating.newKey()
    rotating.keys = { keys: [rotating.key.jwk, key.jwk] }
    const options = { token: await rotating.token({}, {}, key) }
    await expect.poll(async () => (await api.call('GET', LIST, options)).status, soon).toBe(200)
  } finally {
    await api.close()
    await rotating.close()
  }
})

test('requests under way end before it stops, and what they wrote is there afterwards', async () => {
  const databaseUrl = `sqlite:${join(folder, 'stop.db')}`
  const api = await startTestApi(issuer, { databaseUrl })
  const body = JSON.stringify({ description: 'in flight' })
  const head = `POST ${LIST} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  let answer = ''
  const socket = connect(api.port, '127.0.0.1')
  socket.on('data', (chunk) => {
    answer += chunk
  })
  const ended = new Promise((resolve) => socket.on('end', resolve))
  await new Promise<void>((resolve) => socket.write(`${head}{`, () => resolve()))
  await expect.poll(async () => (await api.call('GET', LIST, { token })).status, soon).toBe(200)
  const closed = api.close()
  socket.write(body.slice(1))
  await ended
  await closed
  expect(answer).toMatch(/^HTTP\/1\.1 201 /)
  await expect(fetch(api.origin)).rejects.toThrow()
  const again = await startTestApi(issuer, { databaseUrl })
  expect(
    (await again.call('GET', LIST, { token })).json.map((todo: { description: string }) => todo.description),
  ).toEqual(['in flight'])
  await again.close()
})

test('once it was told to stop, each answer ends its connection, and it is not ready', async () => {
  const api = await startTestApi(issuer)
  const socket = connect(api.port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  const answers = allOf(socket)
  const ask = (path: string, more = '') =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`
  // The first request is under way when it is told, so that its connection stays.
  socket.write(ask('/readyz').slice(0, -2))
  await expect.poll(async () => (await api.call('GET', '/healthz')).status, soon).toBe(200)
  const closed = api.close()
  socket.write('\r\n')
  const answer = await answers
  expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  expect(answer).toMatch(/\r\nConnection: close\r\n/)
  expect(answer).toContain('"process":"stopping"')
  await closed
})

test('closing twice is fine', async () => {
  const api = await startTestApi(issuer)
  await Promise.all([api.close(), api.close()])
})

describe('what is not for the resource', () => {
  test('another address is 404, with or without a token', async () => {
    const api = await startTestApi(issuer)
    for (const path of ['/', '/api', '/api/todolist/x/y', '/API/todolist', '//api/todolist', '/%']) {
      expectProblem(await api.call('GET', path, { token }), 404, 'not_found')
    }
    await api.close()
  })

  test('another method is 405, and says which would do', async () => {
    const api = await startTestApi(issuer)
    for (const [method, path, allow] of [
      ['PUT', LIST, 'GET, HEAD, POST'],
      ['DELETE', LIST, 'GET, HEAD, POST'],
      ['OPTIONS', LIST, 'GET, HEAD, POST'],
      ['POST', `${LIST}/1`, 'GET, HEAD, PUT, PATCH, DELETE'],
    ] as const) {
      const answer = await api.call(method, path, { token })
      expectProblem(answer, 405, 'method_not_allowed')
      expect(answer.headers.get('allow')).toBe(allow)
    }
    await api.close()
  })

  test('a broken address gives a problem', async () => {
    const api = await startTestApi(issuer)
    expectProblem(await api.call('GET', `${LIST}/%E0%A4%A`, { token }), 400, 'invalid_request')
    await api.close()
  })

  test('two Authorization headers are refused, whichever is good', async () => {
    const api = await startTestApi(issuer)
    const answer = await sendRaw(
      api.port,
      `GET ${LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nauthorization: Bearer x\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    await api.close()
  })
})

describe('headers', () => {
  test('of every answer: nothing to sniff, frame, cache or learn', async () => {
    const api = await startTestApi(issuer)
    for (const options of [{ token }, {}]) {
      const { headers } = await api.call('GET', LIST, options)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('strict-transport-security')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
    await api.close()
  })

  test('CORS is open for the configured origins only', async () => {
    const api = await startTestApi(issuer, { corsOrigins: ['https://app.example'] })
    const ask = (origin: string) => api.call('GET', LIST, { token, headers: { origin } })
    const good = await ask('https://app.example')
    expect(good.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(good.headers.get('access-control-expose-headers')).toContain('ETag')
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'PATCH' }
    expect((await api.call('OPTIONS', LIST, { headers: preflight })).status).toBe(204)
    await api.close()
  })

  test('a request keeps its own id where that is sane, and gets one otherwise', async () => {
    const api = await startTestApi(issuer)
    const idOf = async (id: string) =>
      (await api.call('GET', LIST, { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await idOf('abc-123.DEF')).toBe('abc-123.DEF')
    for (const id of ['short', 'x'.repeat(65), 'a b c d e f', '"quoted"'])
      expect(await idOf(id)).toMatch(/^[0-9a-f-]{36}$/)
    await api.close()
  })
})

test('the log has a line for each request, and no token, query or body in it', async () => {
  const records: LogRecord[] = []
  const api = await startTestApi(issuer, { log: (record) => records.push(record) })
  await api.call('POST', `${LIST}?secret=1`, { token, body: { description: 'private matter' } })
  await api.call('GET', `${LIST}?access_token=${token}`)
  await api.close()
  const requests = records.filter(({ event }) => event === 'request')
  expect(requests).toMatchObject([
    { level: 'info', method: 'POST', path: LIST, status: 201 },
    { level: 'info', method: 'GET', path: LIST, status: 400, denied: 'invalid_request' },
  ])
  expect(requests[0]?.id).toMatch(/^[0-9a-f-]{36}$/)
  const text = JSON.stringify(records)
  expect(text).not.toContain(token)
  expect(text).not.toMatch(/secret|private matter/)
})
