import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'

export interface ConnectProxy {
  /** `http://127.0.0.1:PORT`, for HTTPS_PROXY. */
  readonly url: string
  /** Each `host:port` that was asked for, refused ones included. */
  readonly asked: string[]
  /** What came as Proxy-Authorization, decoded: `user:password`. */
  readonly logins: string[]
  close(): Promise<void>
}

export interface ProxyManners {
  /** `user:password`; whoever comes without it is answered 407. */
  readonly login?: string
  /** The status of a refusal. */
  readonly refusal?: number
}

/**
 * A real CONNECT proxy (RFC 9110 section 9.3.6) on port 0 that leads host names to local ports and refuses all others.
 * `portOf` is given the name and the port that were asked for.
 */
export async function startConnectProxy(
  portOf: (hostname: string, port: number) => number | undefined,
  { login, refusal = 403 }: ProxyManners = {},
): Promise<ConnectProxy> {
  const asked: string[] = []
  const logins: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, client: Socket, head) => {
    const target = request.url ?? ''
    asked.push(target)
    const [, given] = /^Basic (.+)$/.exec(request.headers['proxy-authorization'] ?? '') ?? []
    if (given !== undefined) logins.push(Buffer.from(given, 'base64').toString())
    if (login !== undefined && logins.at(-1) !== login) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="p"\r\n\r\n')
      return
    }
    const port = portOf(target.replace(/:\d+$/, ''), Number(/\d+$/.exec(target)?.[0]))
    if (port === undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`)
      return
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    logins,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
