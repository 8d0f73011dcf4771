/** When a connection serves again, and when it does not. */
import { once } from 'node:events'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { notListening } from '../../../../tenant/http/listening.ts'
import { startTenant, type Tenant } from '../../../../tenant/server.ts'
import { withTenant } from '../../../support/tenant.ts'

const tenant = withTenant()

async function opened(at: Tenant, service: 'issuer' | 'graph') {
  const port = at.ports[service]
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: at.caPem })
  await once(socket, 'secureConnect')
  return { socket, host: `localhost:${port}` }
}

/** What the service says about the connection, in its answer to one request. */
async function connectionAfter(service: 'issuer' | 'graph', method: string, path: string, rest = '\r\n') {
  const { socket, host } = await opened(tenant(), service)
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${rest}`)
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes('\r\n\r\n')) break
  }
  return /^connection: (.*)\r$/im.exec(text)?.[1]
}

test.each<[string, 'issuer' | 'graph', string, () => string, string]>([
  ['without a body', 'graph', 'GET', () => '/v1.0/applications', '\r\n'],
  ['with an empty body', 'graph', 'POST', () => '/v1.0/applications', 'content-length: 0\r\n\r\n'],
  [
    'whose body was read',
    'issuer',
    'POST',
    () => new URL(tenant().tokenEndpoint).pathname,
    'content-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\nx=y',
  ],
])('a request %s leaves the connection open', async (_, service, method, path, rest) => {
  expect(await connectionAfter(service, method, path(), rest)).toBe('keep-alive')
})

test.each(['content-length: 9\r\n\r\n', 'transfer-encoding: chunked\r\n\r\n'])(
  'a body that nobody reads closes it (%j)',
  async (rest) => {
    expect(await connectionAfter('graph', 'POST', '/v1.0/applications', rest)).toBe('close')
  },
)

test('a tenant closes though a client has begun a request and does not go on', async () => {
  const own = await startTenant()
  const { socket, host } = await opened(own, 'issuer')
  socket.on('error', () => {})
  const head = [
    'content-type: application/x-www-form-urlencoded',
    'content-length: 9',
    'expect: 100-continue',
  ]
  const { pathname } = new URL(own.tokenEndpoint)
  socket.write(`POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${head.join('\r\n')}\r\n\r\n`)
  // "100 Continue": from now on the tenant waits for the body.
  await once(socket, 'data')
  await own.close()
  await expect(opened(own, 'issuer')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('a port in use, and one that may not be had, are told apart', () => {
  const told = (code: string) => notListening('issuer', 443, Object.assign(new Error(code), { code })).code
  expect([told('EADDRINUSE'), told('EACCES')]).toEqual(['local-port-in-use', 'local-start-failed'])
})
