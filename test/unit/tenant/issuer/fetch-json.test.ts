import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { createDevCa, openDevCa } from '../../../../tenant/dev-ca.ts'
import { fetchJson } from '../../../../tenant/issuer/fetch-json.ts'
import { newRsaKey } from '../../../../tenant/rsa.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function listening(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
const answering = async (listener: RequestListener) =>
  `http://localhost:${await listening(createServer(listener))}/x`
const NO_CA = ''

describe('fetchJson', () => {
  test('reads an object over plain HTTP on loopback', async () => {
    const url = await answering((_, response) => response.end('{"a":1}'))
    expect(await fetchJson(url, NO_CA)).toEqual({ a: 1 })
  })

  test('trusts the dev CA on loopback, and no other', async () => {
    const [caKey, leafKey, strangerKey] = await Promise.all([newRsaKey(), newRsaKey(), newRsaKey()])
    const ca = openDevCa(buildCertificate, createDevCa(buildCertificate, caKey, leafKey))
    const stranger = createDevCa(buildCertificate, strangerKey, leafKey)
    const server = createTlsServer({ cert: ca.certPem, key: ca.keyPem }, (_, response) => response.end('{}'))
    const url = `https://localhost:${await listening(server)}/`
    expect(await fetchJson(url, ca.caPem)).toEqual({})
    await expect(fetchJson(url, stranger.caPem)).rejects.toThrow()
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await expect(fetchJson(url, stranger.caPem)).rejects.toThrow()
    vi.unstubAllEnvs()
  })

  test('reads 256 KiB, and not a byte more', async () => {
    const largest = `{"a":"${'x'.repeat(256 * 1024 - 8)}"}`
    const url = await answering((request, response) =>
      response.end(request.url === '/more' ? `${largest} ` : largest),
    )
    expect(Object.keys(await fetchJson(url, NO_CA))).toEqual(['a'])
    await expect(fetchJson(url.replace('/x', '/more'), NO_CA)).rejects.toThrow('too large')
  })

  // Each by its own reason: none is left to the timeout.
  test.each<[string, RegExp, RequestListener]>([
    ['a list', /^no JSON object$/, (_, response) => response.end('[]')],
    ['null', /^no JSON object$/, (_, response) => response.end('null')],
    ['text', /^no JSON object$/, (_, response) => response.end('"text"')],
    ['no JSON', /is not valid JSON$/, (_, response) => response.end('<html>')],
    ['nothing', /JSON input$/, (_, response) => response.end()],
    ['an error', /^status 500$/, (_, response) => response.writeHead(500).end('{}')],
    ['a redirect', /^status 302$/, (_, response) => response.writeHead(302, { location: '/y' }).end('{}')],
    ['too much', /too large$/, (_, response) => response.end(`{"a":"${'x'.repeat(300_000)}"}`)],
    [
      'half an answer',
      /^aborted$/,
      (_, response) =>
        response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
    ],
    ['a closed connection', /^socket hang up$/, (request) => request.socket.destroy()],
  ])('refuses %s', async (_, reason, listener) => {
    await expect(fetchJson(await answering(listener), NO_CA)).rejects.toThrow(reason)
  })

  test.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['begins and never ends', (_, response) => response.write('{')],
    [
      'sends a byte now and then for ever',
      (_, response) => {
        const drip = setInterval(() => response.write(' '), 5)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ])('gives up on a server that %s', async (_, listener) => {
    await expect(fetchJson(await answering(listener), NO_CA, 50)).rejects.toThrow(/abort/)
  })

  test.each([
    'http://example.org/',
    'http://127.0.0.1.example.org/',
    'file:///etc/hostname',
    'ftp://localhost/',
    'nonsense',
  ])('never asks %s', async (url) => {
    await expect(fetchJson(url, NO_CA)).rejects.toThrow(TypeError)
  })
})
