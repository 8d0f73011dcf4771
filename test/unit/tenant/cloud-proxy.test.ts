/** The proxy by itself: what it passes on, what ends a tunnel, and that it closes whatever is open. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startCloudProxy } from '../../../tenant/cloud-proxy.ts'
import type { Listening } from '../../../tenant/http/listening.ts'

const LED = 'CONNECT graph.microsoft.com:443 HTTP/1.1\r\nhost: graph.microsoft.com\r\n\r\n'
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'
let upstream: Server
let proxy: Listening
/** What came to the service that the proxy leads to. */
let arrived: Promise<Socket>

beforeEach(async () => {
  upstream = createServer().listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  arrived = once(upstream, 'connection').then(([socket]) => socket)
  const { port } = upstream.address() as AddressInfo
  const ports = { issuer: port, vault: port, graph: port, admin: port, pages: port }
  proxy = await startCloudProxy({ port: 0, ports, onConnect: () => {} })
})
afterEach(async () => {
  await proxy.close()
  upstream.close()
})

function opened(first: string): Socket {
  const client = connect(proxy.port, '127.0.0.1').on('error', () => {})
  client.write(first)
  return client
}

/** As much as is asked for; whatever pieces it comes in. */
async function read(socket: Socket, length: number): Promise<string> {
  let text = ''
  while (text.length < length) text += String((await once(socket, 'data'))[0])
  return text
}

async function tunnel() {
  const client = opened(LED)
  const service = await arrived
  service.on('error', () => {})
  expect(await read(client, ESTABLISHED.length)).toBe(ESTABLISHED)
  return { client, service }
}

describe('a tunnel', () => {
  test('passes bytes both ways', async () => {
    const { client, service } = await tunnel()
    client.write('there')
    expect(await read(service, 5)).toBe('there')
    service.write('and back')
    expect(await read(client, 8)).toBe('and back')
  })

  test('passes what came right after the request', async () => {
    opened(`${LED}early`)
    expect(await read(await arrived, 5)).toBe('early')
  })

  test.each(['client', 'service'] as const)('that breaks at the %s ends at the other side', async (end) => {
    const sides = await tunnel()
    const other = end === 'client' ? sides.service : sides.client
    const closed = once(other.resume(), 'close')
    sides[end].resetAndDestroy()
    await closed
  })

  test('to a service that is gone ends', async () => {
    upstream.close()
    await once(upstream, 'close')
    const client = opened(LED)
    await once(client.resume(), 'close')
  })
})

describe('the proxy closes', () => {
  test('though a tunnel is open', async () => {
    const { client, service } = await tunnel()
    const closed = Promise.all([client, service].map((socket) => once(socket.resume(), 'close')))
    await proxy.close()
    await closed
  })

  test('though a client has begun a request and does not go on', async () => {
    const client = opened('CONNECT graph')
    const closed = once(client.resume(), 'close')
    // Who came later is answered, so the first has arrived.
    await tunnel()
    await proxy.close()
    await closed
  })
})

test('a port in use is told', async () => {
  const { port } = proxy
  const ports = { issuer: 1, vault: 1, graph: 1, admin: 1, pages: 1 }
  await expect(startCloudProxy({ port, ports, onConnect: () => {} })).rejects.toMatchObject({
    code: 'local-port-in-use',
  })
})
