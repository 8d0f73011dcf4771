/** What is not HTTP, or hardly: answered as a problem, and in the order of the requests. */
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerWhatIsNotHttp } from '../../../api/not-http.ts'
import { startTestApi, type TestApi } from '../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'
import { openPipeline } from '../../support/pipeline.ts'
import { allOf, sendRaw } from '../../support/raw-http.ts'

const LIST = '/api/todolist'

/** Status lines, in their order. */
const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

function expectRawProblem(answer: string, status: number, code: string): void {
  expect(statuses(answer)).toEqual([status])
  const [head, body] = answer.split('\r\n\r\n') as [string, string]
  expect(head).toMatch(/\r\nContent-Type: application\/problem\+json/i)
  expect(head).toMatch(/\r\nConnection: close/i)
  expect(JSON.parse(body)).toMatchObject({ status, code, type: `urn:todo-api:problem:${code}` })
}

describe('the API', () => {
  let issuer: TestIssuer
  let api: TestApi
  let token: string
  beforeAll(async () => {
    issuer = await startIssuer()
    api = await startTestApi(issuer)
    token = await issuer.token()
  })
  afterAll(async () => {
    await api.close()
    await issuer.close()
  })

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'invalid_request'],
    [
      'headers of 20 kB',
      `GET ${LIST} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'two lengths',
      `POST ${LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'a length and chunks',
      `POST ${LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'a header that is folded',
      `GET ${LIST} HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'a header with a blank before its colon',
      `GET ${LIST} HTTP/1.1\r\nHost : x\r\n\r\n`,
      400,
      'invalid_request',
    ],
    [
      'a line feed in a header',
      `GET ${LIST} HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n`,
      400,
      'invalid_request',
    ],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
  ])('%s is refused, as a problem', async (_what, bytes, status, code) => {
    expectRawProblem(await sendRaw(api.port, bytes), status, code)
  })

  const ask = (bearer: string) =>
    `GET ${LIST} HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer ${bearer}\r\n`
  const refused = `GET ${LIST} HTTP/1.1\r\nConnection: close\r\n`

  test('no Host is refused, as a problem, in HTTP/1.0 too', async () => {
    expectRawProblem(await sendRaw(api.port, `${refused}\r\n`), 400, 'invalid_request')
    const old = (more: string) =>
      sendRaw(api.port, `GET ${LIST} HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`)
    expectRawProblem(await old(''), 400, 'invalid_request')
    expect(statuses(await old('Host: x\r\n'))).toEqual([200])
  })

  test.each([
    '',
    'a b',
    'a,b',
    'a/b',
    'user@a',
    'https://a',
    'a:',
    'a:b',
    'a:65536',
    'a:100000',
    '[a',
    '::1',
    'ä',
  ])('a Host that is none ("%s") is refused, whether the token was seen before or not', async (host) => {
    const seen = token
    expect(statuses(await sendRaw(api.port, `${ask(seen)}Host: x\r\n\r\n`))).toEqual([200])
    for (const each of [seen, await issuer.token()]) {
      const answer = await sendRaw(api.port, `${ask(each)}Host: ${host}\r\n\r\n`)
      expectRawProblem(answer, 400, 'invalid_request')
      expect(answer).not.toMatch(/^www-authenticate:/im)
    }
  })

  test.each(['x', 'X.example', '127.0.0.1:1', 'a_b.example:65535', '[::1]', '[::ffff:127.0.0.1]:8080'])(
    'the Host "%s" may be, whether the token was seen before or not',
    async (host) => {
      const fresh = await issuer.token()
      for (const each of [fresh, fresh])
        expect(statuses(await sendRaw(api.port, `${ask(each)}Host: ${host}\r\n\r\n`))).toEqual([200])
    },
  )

  test('two Hosts are refused: a proxy in front may have gone by the other', async () => {
    for (const other of ['y', 'x']) {
      const bytes = `${ask(token)}Host: x\r\nhost: ${other}\r\n\r\n`
      expectRawProblem(await sendRaw(api.port, bytes), 400, 'invalid_request')
    }
  })

  test('an Expect that nobody knows is refused, as a problem', async () => {
    const bytes = `${refused}Host: x\r\nExpect: magic\r\n\r\n`
    expectRawProblem(await sendRaw(api.port, bytes), 417, 'expectation_failed')
  })

  test('Expect: 100-continue is answered, in any letters', async () => {
    const body = '{"description":"x"}'
    const head = `POST ${LIST} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-Continue\r\n\r\n`
    const socket = connect(api.port, '127.0.0.1', () => socket.write(head))
    socket.once('data', () => socket.write(body))
    expect(statuses(await allOf(socket))).toEqual([100, 201])
  })

  test('what a request did is answered before what follows it on its connection is refused', async () => {
    const body = '{"description":"before the garbage"}'
    const head = `POST ${LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    expect(statuses(await sendRaw(api.port, `${head}${body}garbage\r\n\r\n`))).toEqual([201, 400])
    const twice = `${head}${body}`.repeat(2)
    expect(statuses(await sendRaw(api.port, `${twice}garbage\r\n\r\n`))).toEqual([201, 201, 400])
  })

  test('requests that are pipelined are answered in their order, whatever each takes', async () => {
    const pipeline = openPipeline(api.port)
    const post = (description: string) => ({ method: 'POST', path: LIST, token, body: { description } })
    const answers = await pipeline.send([
      post('first'),
      { method: 'GET', path: `${LIST}?limit=x`, token },
      post('second'),
      { method: 'GET', path: '/healthz', token: 'x' },
      post(''),
      { method: 'DELETE', path: `${LIST}/x`, token: await issuer.token() },
    ])
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 201, 200, 400, 404])
    expect([answers[0]?.json.description, answers[2]?.json.description]).toEqual(['first', 'second'])
    pipeline.close()
  })

  test('a body in broken chunks is refused, and makes nothing', async () => {
    const count = async () => (await api.call('GET', LIST, { token })).json.length
    const before = await count()
    const head = `POST ${LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    expect(statuses(await sendRaw(api.port, `${head}zz\r\n{}\r\n`))).toEqual([400])
    expect(await count()).toBe(before)
  })
})

describe('a server with short limits', () => {
  /** What comes back to these bytes. */
  async function answerOf(bytes: string, listener: RequestListener): Promise<string> {
    const limits = { headersTimeout: 60, requestTimeout: 60, connectionsCheckingInterval: 20 }
    const server = createServer(limits, listener)
    answerWhatIsNotHttp(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const answer = await sendRaw((server.address() as AddressInfo).port, bytes)
    server.close()
    return answer
  }

  test('headers that never end are 408', async () => {
    const bytes = 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '
    expectRawProblem(await answerOf(bytes, (_req, res) => res.end()), 408, 'request_timeout')
  })

  test('a body that never ends is 408', async () => {
    const bytes = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{'
    const listener: RequestListener = (req, res) => req.resume().on('end', () => res.end())
    expectRawProblem(await answerOf(bytes, listener), 408, 'request_timeout')
  })
})
