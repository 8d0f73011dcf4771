/** The proxy by itself: what it passes on, what ends a tunnel, and that it closes whatever is open. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startCloudProxy } from '../../../tenant/cloud-proxy.ts'
import type { Listening } from '../../../tenant/http/listening.ts'

const LED = 'CONNECT graph.microsoft.com:443 HTTP/1.1\r\nhost: graph.microsoft.com\r\n\r\n'
const REFUSED = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'
let upstream: Server
let proxy: Listening
/** What came to the service that the proxy leads to. */
let arrived: Promise<Socket>
let told: [target: string, led: boolean][]
/** What a client does while the proxy takes its request. */
let meanwhile: () => void

beforeEach(async () => {
  upstream = createServer().listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  arrived = once(upstream, 'connection').then(([socket]) => socket)
  const { port } = upstream.address() as AddressInfo
  const ports = { issuer: port, vault: port, graph: port, admin: port, pages: port }
  told = []
  meanwhile = () => {}
  const onConnect = (target: string, led: boolean) => {
    told.push([target, led])
    meanwhile()
  }
  proxy = await startCloudProxy({ port: 0, ports, onConnect })
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

describe('the proxy refuses', () => {
  const connectTo = (target: string) => opened(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n`)

  test.each([
    'example.org:443',
    'localhost:443',
    '127.0.0.1:443',
    'graph.microsoft.com:80',
    'graph.microsoft.com:4433',
    'graph.microsoft.com:443:80',
    'graph.microsoft.com',
    'graph.microsoft.com.evil.example:443',
    'a.b.vault.azure.net:443',
  ])('to lead to %s, tells so, and hangs up', async (target) => {
    const client = connectTo(target)
    const closed = once(client, 'close')
    expect(await read(client, REFUSED.length)).toBe(REFUSED)
    await closed
    expect(told).toEqual([[target, false]])
  })

  test('no name of the cloud in capital letters', async () => {
    expect(await read(connectTo('GRAPH.Microsoft.com:443'), ESTABLISHED.length)).toBe(ESTABLISHED)
    expect(told).toEqual([['GRAPH.Microsoft.com:443', true]])
  })

  test('a request that is no CONNECT', async () => {
    const client = opened('GET http://graph.microsoft.com/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    let answer = ''
    for await (const chunk of client) answer += String(chunk)
    expect(answer).toMatch(/^HTTP\/1\.1 405 /)
    expect(answer).toContain('\nThis proxy takes CONNECT only.\n')
    expect(told).toEqual([])
  })

  test('a client that breaks off before it is told, and serves the next', async () => {
    const client = connectTo('example.org:443')
    meanwhile = () => client.resetAndDestroy()
    await once(client, 'close')
    meanwhile = () => {}
    await tunnel()
  })
})

describe('the proxy closes', () => {
  test('though a client that it refused keeps its own end open', async () => {
    const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    client.on('error', () => {})
    client.write('CONNECT example.org:443 HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await read(client, REFUSED.length)).toBe(REFUSED)
    await proxy.close()
    client.destroy()
  })

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
