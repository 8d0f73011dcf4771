import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttp, type HttpOptions, type HttpRequest } from '../../../cli/http.ts'
import { appError } from '../../support/app-error.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { freePort } from '../../support/ports.ts'
import { startWebServer, type Tls, tlsFor } from '../../support/web-server.ts'

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

function http(options: Partial<HttpOptions> = {}) {
  const lines: string[] = []
  const made = createHttp({
    proxyEnv: {},
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    trace: (line) => lines.push(line),
    ...options,
  })
  closing.push(() => made.close())
  return { ...made, lines }
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, ...more })
const ok: RequestListener = (_, response) => response.end('ok')

/** A moment that has passed: got waits a millisecond, where without a header it would wait a second. */
const AT_ONCE = { 'retry-after': new Date(0).toUTCString() }

/** Answers with each status in turn; the last one stays. */
function inTurn(...statuses: number[]): RequestListener {
  return (_, response) =>
    response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200, AT_ONCE).end()
}

let tls: Tls
beforeAll(async () => {
  tls = await tlsFor('localhost')
})

describe('an answer', () => {
  it.each([200, 204, 400, 401, 403, 404, 500])('is given back with the status %i', async (status) => {
    const { origin } = await startWebServer(inTurn(status))
    expect((await http().send('api', get(origin))).status).toBe(status)
  })

  it('has headers in lower case, several of a name in one', async () => {
    const { origin } = await startWebServer((_, response) =>
      response.writeHead(200, { 'X-One': '1', 'Set-Cookie': ['a', 'b'] }).end('body'),
    )
    const { headers, body } = await http().send('api', get(origin))
    expect(headers).toMatchObject({ 'x-one': '1', 'set-cookie': 'a, b' })
    expect(body).toBe('body')
  })

  it('is to a request with the method, the headers and the body that were given', async () => {
    const { origin, requests } = await startWebServer((request, response) => request.pipe(response))
    const request = { method: 'PUT', headers: { 'x-two': '2' }, body: '{"a":1}' } as const
    expect((await http().send('api', get(`${origin}/p?q=1`, request))).body).toBe('{"a":1}')
    expect(requests[0]).toMatchObject({ method: 'PUT', url: '/p?q=1', headers: { 'x-two': '2' } })
  })

  it('is traced by method, address without its query, status and time', async () => {
    const { origin } = await startWebServer(ok)
    const { send, lines } = http()
    await send('api', get(`${origin}/path?code=hidden`, { headers: { authorization: 'Bearer hidden' } }))
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^GET ${origin}/path 200 \\d+ ms$`))])
  })

  it('that is too large is refused, and does not bring the program down', async () => {
    const { origin } = await startWebServer((_, response) => response.end(Buffer.alloc(17 * 1024 * 1024)))
    const error = await appError('api-answer-invalid', () => http().send('api', get(origin)))
    expect(error.message).toBe(`the answer from ${origin} is larger than 16 MB`)
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    '%i is not followed, so that Authorization stays where it was meant to go',
    async (status) => {
      const elsewhere = await startWebServer(ok)
      const { origin } = await startWebServer((_, response) =>
        response.writeHead(status, { location: elsewhere.origin }).end(),
      )
      const answer = await http().send('api', get(origin, { headers: { authorization: 'Bearer x' } }))
      expect(answer.status).toBe(status)
      expect(elsewhere.requests).toEqual([])
    },
  )
})

describe('a failure that passes', () => {
  it.each([429, 502, 503, 504])('%i is tried again', async (status) => {
    const { origin, requests } = await startWebServer(inTurn(status, status, 200))
    expect((await http().send('issuer', get(origin))).status).toBe(200)
    expect(requests).toHaveLength(3)
  })

  it('is given back after the third time', async () => {
    const { origin, requests } = await startWebServer(inTurn(503))
    expect((await http().send('issuer', get(origin))).status).toBe(503)
    expect(requests).toHaveLength(3)
  })

  it('is not waited for longer than a request may take', async () => {
    const { origin, requests } = await startWebServer((_, response) =>
      response.writeHead(503, { 'retry-after': '3600' }).end(),
    )
    expect((await http().send('issuer', get(origin))).status).toBe(503)
    expect(requests).toHaveLength(1)
  })

  it.each([400, 401, 403, 404, 409, 500])('is not what %i is', async (status) => {
    const { origin, requests } = await startWebServer(inTurn(status, 200))
    expect((await http().send('issuer', get(origin))).status).toBe(status)
    expect(requests).toHaveLength(1)
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
    'is not tried again with %s, which could do it twice',
    async (method) => {
      const { origin, requests } = await startWebServer(inTurn(503, 200))
      expect((await http().send('api', get(origin, { method }))).status).toBe(503)
      expect(requests).toHaveLength(1)
    },
  )

  it('is tried again with a POST that does no harm twice', async () => {
    const { origin, requests } = await startWebServer(inTurn(503, 200))
    const request = get(origin, { method: 'POST', body: 'a=b', repeatable: true })
    expect((await http().send('issuer', request)).status).toBe(200)
    expect(requests).toHaveLength(2)
  })

  it('is a connection that was cut before the answer', async () => {
    let cut = false
    const { origin } = await startWebServer((request, response) => {
      if (cut) response.end('ok')
      else request.socket.destroy()
      cut = true
    })
    expect((await http().send('issuer', get(origin))).body).toBe('ok')
  })
})

describe('TLS', () => {
  it('is refused where the CA is not known, with the flag and the variable that make it known', async () => {
    const { origin, requests } = await startWebServer(ok, tls)
    const error = await appError('tls-untrusted', () => http().send('issuer', get(origin)))
    expect(error.message).toBe(
      `the TLS certificate of the issuer at ${origin} is not trusted: its CA is not known here`,
    )
    expect(error.hint).toMatch(/--ca-file FILE.+NODE_EXTRA_CA_CERTS/)
    expect(error.cause).toBeInstanceOf(Error)
    expect(requests).toEqual([])
  })

  it('is taken where the CA was given', async () => {
    const { origin } = await startWebServer(ok, tls)
    expect((await http({ caPem: tls.cert }).send('issuer', get(origin))).body).toBe('ok')
  })

  it.each([
    ['is for another host', { name: 'elsewhere.example' }, /it is for another host name/],
    ['has expired', { name: 'localhost', until: -1 }, /its certificate, or that of its CA, has expired/],
  ])('is refused where the certificate %s', async (_, { name, ...dates }, message) => {
    const other = await tlsFor(name, dates)
    const { origin } = await startWebServer(ok, other)
    const send = () => http({ caPem: other.cert }).send('api', get(origin))
    expect((await appError('tls-untrusted', send)).message).toMatch(message)
  })

  it('is not what a plain server speaks', async () => {
    const { port } = await startWebServer(ok)
    const send = () => http().send('api', get(`https://localhost:${port}`))
    expect((await appError('api-unreachable', send)).message).toMatch(/it does not speak TLS/)
  })
})

describe('nobody answers', () => {
  it.each(['issuer', 'api', 'graph'] as const)('where the %s should be', async (service) => {
    const port = await freePort()
    const send = () => http().send(service, get(`http://localhost:${port}/path?code=hidden`))
    const error = await appError(`${service}-unreachable`, send)
    expect(error.message).toMatch(new RegExp(`at http://localhost:${port}: nothing listens there$`))
    expect(error.hint).toBe('if it is the local tenant: todo-cli local start')
  })

  it('under a name that is unknown', async () => {
    const send = () => http().send('api', get('https://nobody.invalid/'))
    const error = await appError('api-unreachable', send)
    expect(error.message).toMatch(
      /https:\/\/nobody\.invalid: the host name (is unknown|can not be looked up now)/,
    )
    expect(error.hint).toMatch(/^see where the address comes from: todo-cli config list/)
  })

  it('but the connection is cut', async () => {
    const { origin } = await startWebServer((request) => request.socket.destroy())
    const send = () => http().send('api', get(origin, { method: 'POST' }))
    expect((await appError('api-unreachable', send)).message).toMatch(/it closed the connection/)
  })

  it('in time', async () => {
    const { origin } = await startWebServer(() => {})
    const { send, lines } = http({ timeoutMs: 50 })
    const error = await appError('api-unreachable', () => send('api', get(`${origin}/?code=hidden`)))
    expect(error.message).toBe(`can not reach the todo API at ${origin}: no answer within 0.05 s`)
    expect(lines).toEqual([expect.stringMatching(/^GET http:\/\/localhost:\d+\/ failed: ETIMEDOUT \d+ ms$/)])
  })
})

describe('Ctrl-C', () => {
  it('ends a request that is under way', async () => {
    const stop = new AbortController()
    const { origin } = await startWebServer(() => stop.abort())
    await appError('interrupted', () => http({ signal: stop.signal }).send('api', get(origin)))
  })

  it('before a request means that there is none', async () => {
    const { origin, requests } = await startWebServer(ok)
    await appError('interrupted', () => http({ signal: AbortSignal.abort() }).send('api', get(origin)))
    expect(requests).toEqual([])
  })
})

describe('a proxy', () => {
  const through = (url: string, more: Record<string, string> = {}) =>
    http({ caPem: tls.cert, proxyEnv: { HTTPS_PROXY: url, ...more } })

  it('is asked to connect, and sees nothing of what goes through', async () => {
    const { origin, port } = await startWebServer(ok, tls)
    const proxy = await startConnectProxy(() => port)
    closing.push(() => void proxy.close())
    expect((await through(proxy.url).send('api', get(`${origin}/path`))).body).toBe('ok')
    expect(proxy.asked).toEqual([`localhost:${port}`])
  })

  it('is not asked for what NO_PROXY names', async () => {
    const { origin } = await startWebServer(ok, tls)
    const proxy = await startConnectProxy(() => undefined)
    closing.push(() => void proxy.close())
    expect((await through(proxy.url, { NO_PROXY: 'localhost' }).send('api', get(origin))).body).toBe('ok')
    expect(proxy.asked).toEqual([])
  })

  it('that refuses is named, and nobody goes around it', async () => {
    const { origin, requests } = await startWebServer(ok, tls)
    const proxy = await startConnectProxy(() => undefined)
    closing.push(() => void proxy.close())
    const error = await appError('api-unreachable', () => through(proxy.url).send('api', get(origin)))
    expect(error.message).toMatch(/the proxy \(HTTPS_PROXY\) refused the connection/)
    expect(requests).toEqual([])
  })

  it('that is not there is named, not the service behind it', async () => {
    const { origin } = await startWebServer(ok, tls)
    const port = await freePort()
    const send = () => through(`http://user:word@localhost:${port}`).send('api', get(origin))
    const error = await appError('api-unreachable', send)
    expect(error.message).toBe(`can not reach the todo API at ${origin}: the proxy does not answer`)
    expect(error.hint).toMatch(/HTTPS_PROXY/)
  })
})
