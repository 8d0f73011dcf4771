/**
 * Corrupted requests over the whole surface: whatever arrives, the answer is one that the API means to give. No 5xx, no
 * crash, no stack, nothing of the token, nothing of another user's todos.
 */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LogRecord } from '../../../api/log.ts'
import { type Answer, startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'
import { openPipeline, type PipelinedRequest } from '../../support/pipeline.ts'

const SECRET = `only-anna-may-read-this-${randomUUID()}`
const LIST = '/api/todolist'

let issuer: TestIssuer
let api: TestApi
let appToken: string
let benToken: string
let annasId: string
const logged: LogRecord[] = []

beforeAll(async () => {
  issuer = await startIssuer()
  api = await startTestApi(issuer, { log: (record) => logged.push(record) })
  appToken = await issuer.token()
  benToken = await issuer.userToken()
  const anna = await issuer.userToken()
  annasId = (await api.call('POST', LIST, { token: anna, body: { description: SECRET } })).json.id
})
afterAll(async () => {
  await api.close()
  await issuer.close()
})

const runs = { numRuns: 150 }
const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS')

/** Text of all planes, half surrogates and control characters included. */
const anyText = fc.string({ unit: 'binary', maxLength: 60 })

const description = fc.oneof(anyText, fc.constant('milk'), fc.string({ minLength: 990, maxLength: 1010 }))

/** A body that is close to a good one, with something wrong in most cases. */
const almostBody = fc.oneof(
  fc.record(
    { description, done: fc.oneof(fc.boolean(), fc.anything()), owner: fc.oneof(fc.uuid(), fc.anything()) },
    { requiredKeys: [] },
  ),
  fc.dictionary(
    fc.oneof(
      fc.constantFrom('description', 'done', 'owner', 'id', '__proto__', 'constructor', 'toString'),
      anyText,
    ),
    fc.anything(),
    { maxKeys: 5 },
  ),
  fc.jsonValue(),
)

const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 80,
})

function meant(answer: Answer): void {
  expect(answer.status).toBeLessThan(500)
  if (answer.status >= 400 && answer.text !== '') {
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json.status).toBe(answer.status)
  }
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|SQLITE|<html/i)
  expect(answer.text).not.toContain(appToken)
  expect(answer.text).not.toContain(benToken)
}

const toJson = (value: unknown) =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'undefined'

test('any body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('POST', 'PUT', 'PATCH'), almostBody, async (method, body) => {
      const path = method === 'POST' ? LIST : `${LIST}/${annasId}`
      const answer = await api.call(method, path, { token: benToken, body: toJson(body) })
      meant(answer)
      expect([201, 400, 404, 413]).toContain(answer.status)
    }),
    runs,
  )
})

test('a body of any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), headerText, async (body, type) => {
      const headers = { 'content-type': type.trim() || 'application/json' }
      const answer = await api.call('POST', LIST, { token: appToken, body, headers })
      meant(answer)
      expect([201, 400, 415]).toContain(answer.status)
    }),
    runs,
  )
})

test('what is accepted comes back to the letter, trimmed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), async (text) => {
      const answer = await api.call('POST', LIST, { token: appToken, body: { description: text } })
      const refused = text.trim() === '' || text.includes('\0')
      expect(answer.status).toBe(refused ? 400 : 201)
      if (refused) return
      expect(answer.json.description).toBe(text.trim())
      const again = await api.call('GET', `${LIST}/${answer.json.id}`, { token: appToken })
      expect(again.json).toEqual(answer.json)
    }),
    runs,
  )
})

test('any path', async () => {
  await fc.assert(
    fc.asyncProperty(methods, fc.webPath(), fc.boolean(), async (method, path, below) => {
      meant(await api.call(method, below ? `${LIST}/${path}` : `/${path}`, { token: benToken }))
    }),
    runs,
  )
})

test('any query', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.oneof(fc.constantFrom('limit', 'owner', 'done', 'cursor', 'access_token'), anyText),
        anyText,
        { maxKeys: 4 },
      ),
      async (query) => {
        const parameters = new URLSearchParams(Object.entries(query))
        const answer = await api.call('GET', `${LIST}?${parameters}`, { token: benToken })
        meant(answer)
        expect([200, 400]).toContain(answer.status)
        expect(answer.text).not.toContain(SECRET)
      },
    ),
    runs,
  )
})

test('any cursor of the right length', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 20, maxLength: 20 }), async (bytes) => {
      const cursor = Buffer.from(bytes).toString('base64url')
      const answer = await api.call('GET', `${LIST}?cursor=${cursor}`, { token: benToken })
      meant(answer)
      expect(answer.status).toBe(400)
    }),
    runs,
  )
})

test('any value of the headers that the API reads', async () => {
  const names = fc.constantFrom(
    'authorization',
    'if-match',
    'if-none-match',
    'idempotency-key',
    'content-type',
    'x-request-id',
    'dpop',
    'origin',
    'accept',
  )
  await fc.assert(
    fc.asyncProperty(methods, names, headerText, async (method, name, value) => {
      const body = ['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method) ? {} : { body: { description: 'x' } }
      meant(
        await api.call(method, method === 'POST' ? LIST : `${LIST}/${annasId}`, {
          token: benToken,
          headers: { [name]: value },
          ...body,
        }),
      )
    }),
    runs,
  )
})

test('a good token with anything changed, cut or added is never let in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.constantFrom('change', 'cut', 'add', 'double'),
      fc.constantFrom(...'ABab01-_.'),
      async (at, how, letter) => {
        const token = appToken
        const index = at % (token.length - 1)
        const bad = {
          change: token.slice(0, index) + letter + token.slice(index + 1),
          cut: token.slice(0, index),
          add: token.slice(0, index) + letter + token.slice(index),
          double: `${token}.${token}`,
        }[how]
        if (bad === token) return
        const answer = await api.call('GET', LIST, { token: bad })
        meant(answer)
        expect([400, 401]).toContain(answer.status)
      },
    ),
    runs,
  )
})

test('any claims, well signed: only what the rules allow gets in', async () => {
  const claim = fc.constantFrom(
    'aud',
    'iss',
    'tid',
    'oid',
    'sub',
    'azp',
    'ver',
    'scp',
    'roles',
    'idtyp',
    'cnf',
    'exp',
    'nbf',
  )
  await fc.assert(
    fc.asyncProperty(fc.dictionary(claim, fc.jsonValue(), { minKeys: 1, maxKeys: 3 }), async (claims) => {
      const answer = await api.call('GET', LIST, { token: await issuer.token(claims) })
      meant(answer)
      expect([200, 400, 401, 403]).toContain(answer.status)
      if (['aud', 'iss', 'tid', 'ver'].some((name) => name in claims)) expect(answer.status).not.toBe(200)
    }),
    { numRuns: 60 },
  )
})

test("another user never gets at Anna's todo, whatever the method and the body", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE'),
      almostBody,
      fc.oneof(fc.constant('*'), fc.constant('"1"'), headerText),
      async (method, body, match) => {
        const options = method === 'GET' || method === 'DELETE' ? {} : { body: toJson(body) }
        const answer = await api.call(method, `${LIST}/${annasId}`, {
          token: benToken,
          headers: { 'if-match': match },
          ...options,
        })
        meant(answer)
        expect([400, 404, 413]).toContain(answer.status)
        expect(answer.text).not.toContain(SECRET)
      },
    ),
    runs,
  )
  expect((await api.call('GET', `${LIST}/${annasId}`, { token: appToken })).json.description).toBe(SECRET)
})

test('what is for operators: any method, query and header', async () => {
  const paths = fc.constantFrom('/healthz', '/readyz', '/metrics', '/openapi.json', '/healthz/', '/metrics/x')
  const names = fc.constantFrom('authorization', 'accept', 'if-none-match', 'range', 'content-type', 'origin')
  await fc.assert(
    fc.asyncProperty(paths, methods, anyText, names, headerText, async (path, method, query, name, value) => {
      const url = `${api.origin}${path}?${encodeURIComponent(query)}`
      const response = await fetch(url, { method, headers: { [name]: value } })
      const text = await response.text()
      expect([200, 404, 405]).toContain(response.status)
      expect(text).not.toMatch(/node_modules|\.ts:\d|<html/i)
      expect(text).not.toContain(SECRET)
      if (response.status !== 200)
        expect(response.headers.get('content-type')).toBe('application/problem+json')
    }),
    runs,
  )
})

test('any requests, pipelined: each is answered, in its turn, as it would be alone', async () => {
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    path: fc.constantFrom(LIST, `${LIST}?limit=1`, `${LIST}?limit=x`, '/healthz', '/nowhere', `${LIST}/x`),
    token: fc.constantFrom(benToken, appToken, 'x', benToken.slice(0, -1)),
    body: fc.oneof(fc.constant(undefined), fc.record({ description: anyText }), fc.object()),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), async (requests) => {
      const sent: PipelinedRequest[] = requests.map(({ body, ...rest }) =>
        body === undefined ? rest : { ...rest, body },
      )
      const pipeline = openPipeline(api.port)
      const answers = await pipeline.send(sent)
      pipeline.close()
      for (const { status } of answers) expect(status).toBeLessThan(500)
      const alone = []
      for (const { path, method, token, body } of sent)
        alone.push(
          (await api.call(method, path, { token, ...(body && method !== 'GET' ? { body } : {}) })).status,
        )
      // Without a body the one has no media type, the other has a length of 0: neither makes a todo.
      const plain = (status: number) => (status === 415 ? 400 : status)
      expect(answers.map(({ status }) => plain(status))).toEqual(alone.map(plain))
    }),
    { numRuns: 40 },
  )
})

test('any bytes on the connection: an answer or an end, and the API lives on', async () => {
  const line = fc.oneof(
    headerText,
    fc.constantFrom(
      `GET ${LIST} HTTP/1.1`,
      'Host: x',
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
      'Upgrade: h2c',
      'Expect: 100-continue',
      '',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 6 }),
      fc.uint8Array({ maxLength: 50 }),
      async (lines, rest) => {
        const answer = await sendRaw(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), rest]))
        expect(answer).not.toMatch(/^HTTP\/1\.1 5/)
        expect(answer).not.toMatch(/node_modules|\.ts:\d/)
      },
    ),
    { numRuns: 60 },
  )
  expect((await api.call('GET', '/healthz')).status).toBe(200)
})

test('through all of this the log has no token, no body, and no error', () => {
  expect(logged.length).toBeGreaterThan(500)
  const text = JSON.stringify(logged)
  expect(text).not.toContain(appToken)
  expect(text).not.toContain(benToken)
  expect(text).not.toContain(SECRET)
  expect(logged.filter(({ level }) => level === 'error')).toEqual([])
})

/** Sends bytes, says that there are no more, and returns what came back. */
function sendRaw(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(api.port, '127.0.0.1', () => socket.end(bytes))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}
