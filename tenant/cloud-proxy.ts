/**
 * The real names, led to the tenant: a CONNECT proxy (RFC 9110 section 9.3.6) on loopback that knows the cloud's host
 * names and refuses every other. A client keeps its production configuration, and sets HTTPS_PROXY and its CA variable.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ServiceName } from './http/exchange.ts'
import { serviceOfCloudHost } from './http/hosts.ts'
import { type Listening, notListening } from './http/listening.ts'

export interface CloudProxyOptions {
  /** 0 for any free one. */
  readonly port: number
  /** Where each service listens. */
  readonly ports: Readonly<Record<ServiceName, number>>
  /** Each host that was asked for, and whether it is one of the cloud's. */
  readonly onConnect: (target: string, led: boolean) => void
}

/** @throws AppError `local-port-in-use` */
export async function startCloudProxy({ port, ports, onConnect }: CloudProxyOptions): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => {
    response.writeHead(405, { 'content-type': 'text/plain' }).end('This proxy takes CONNECT only.\n')
  })
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const target = request.url ?? ''
    const service = target.endsWith(':443')
      ? serviceOfCloudHost(target.slice(0, -4).toLowerCase())
      : undefined
    onConnect(target, service !== undefined)
    if (service === undefined) refuse(client)
    else join(client, connect(ports[service], '127.0.0.1'), head, sockets)
  })
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    throw notListening('proxy', port, error)
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const REFUSED = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n'

/** Leaves no socket, whatever the client does with its own end: it would keep the server from closing. */
function refuse(client: Socket): void {
  client.on('error', () => {})
  client.end(REFUSED, () => client.destroy())
}

/** Passes bytes both ways. What breaks on one side ends the other. */
function join(client: Socket, upstream: Socket, head: Buffer, sockets: Set<Socket>): void {
  upstream.once('connect', () => {
    client.write(ESTABLISHED)
    upstream.write(head)
    client.pipe(upstream).pipe(client)
  })
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(socket)
    // `close` follows; without a listener an error would end the process.
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
}
