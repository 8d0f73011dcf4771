import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createFetchJson } from '../../../../api/auth/fetch-json.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
beforeEach(async () => {
  issuer = await startIssuer()
})
afterEach(() => issuer.close())

test('it trusts the CA that it is given, beside those of Node', async () => {
  const { caPem, authority } = issuer
  expect(await createFetchJson({ caPem })(authority)).toEqual(issuer.discovery)
  await expect(createFetchJson({})(authority)).rejects.toThrow(/certificate/)
})

test("it trusts nobody more where Node's own variable turns verification off", async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    await expect(createFetchJson({})(issuer.authority)).rejects.toThrow(/certificate/)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('it goes through a proxy, where one is configured, and not for the hosts that are excepted', async () => {
  const { caPem, authority } = issuer
  const port = Number(new URL(authority).port)
  const proxy = await startConnectProxy(() => port)
  try {
    const through = createFetchJson({ caPem, proxy: { HTTPS_PROXY: proxy.url } })
    expect(await through(authority)).toEqual(issuer.discovery)
    expect(proxy.asked).toEqual([`localhost:${port}`])
    const around = createFetchJson({ caPem, proxy: { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' } })
    expect(await around(authority)).toEqual(issuer.discovery)
    expect(proxy.asked.length).toBe(1)
  } finally {
    await proxy.close()
  }
})

test('a proxy that refuses is an error', async () => {
  const proxy = await startConnectProxy(() => undefined)
  const fetchJson = createFetchJson({ caPem: issuer.caPem, proxy: { HTTPS_PROXY: proxy.url } })
  await expect(fetchJson(issuer.authority)).rejects.toThrow()
  await proxy.close()
})

/** What comes of an answer that a plain server on loopback gives. */
async function fetchFrom(listener: RequestListener, timeoutMs = 5000): Promise<unknown> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await createFetchJson({ timeoutMs })(`http://127.0.0.1:${port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test.each<[string, RegExp, RequestListener]>([
  [
    'that is longer than 256 kB',
    /more than 262144 bytes/,
    (_req, res) => res.end(`"${' '.repeat(300_000)}"`),
  ],
  [
    'that never ends, and is too long',
    /more than 262144 bytes/,
    (_req, res) => {
      const more = () => {
        if (!res.destroyed) res.write(' '.repeat(65_536), more)
      }
      more()
    },
  ],
  [
    'that breaks off',
    /aborted|hang up/,
    (_req, res) => {
      res.writeHead(200, { 'content-length': '100' })
      res.write('{', () => res.destroy())
    },
  ],
  ['that is no JSON', /did not answer with JSON/, (_req, res) => res.end('<html>')],
  ['that is not 200', /answered 204/, (_req, res) => res.writeHead(204).end()],
  ['that leads elsewhere', /answered 302/, (_req, res) => res.writeHead(302, { location: '/' }).end()],
])('an answer %s is an error that says so', async (_what, reason, listener) => {
  await expect(fetchFrom(listener)).rejects.toThrow(reason)
})

test('an answer that is not 200 is not read: its connection ends at once, not at the deadline', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const endless: RequestListener = (_req, res) => {
    res.on('close', resolve)
    res.writeHead(500)
    const more = () => {
      if (!res.destroyed) res.write(' '.repeat(65_536), more)
    }
    more()
  }
  const server = createServer(endless).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    const fetchJson = createFetchJson({ timeoutMs: 600_000 })
    await expect(fetchJson(`http://127.0.0.1:${port}/`)).rejects.toThrow(/answered 500/)
    await ended
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('an answer that does not come, or comes drop by drop, ends at the deadline', async () => {
  await expect(fetchFrom(() => undefined, 100)).rejects.toThrow(/timeout|abort/i)
  const drops: RequestListener = (_req, res) => {
    const timer = setInterval(() => res.write(' '), 10)
    res.on('close', () => clearInterval(timer))
  }
  await expect(fetchFrom(drops, 200)).rejects.toThrow(/timeout|abort/i)
})

describe('plain HTTP', () => {
  test('is refused off loopback, before any request', async () => {
    await expect(createFetchJson({})('http://example.com/keys')).rejects.toThrow(/not an https address/)
    await expect(createFetchJson({})('ftp://localhost/keys')).rejects.toThrow(/not an https address/)
  })

  test('is possible on loopback', async () => {
    expect(await fetchFrom((_req, res) => res.end('{"a":1}'))).toEqual({ a: 1 })
  })
})
