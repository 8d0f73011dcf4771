import { connect, type Socket } from 'node:net'

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
}

/**
 * A closed loop over kept-alive connections: each sends its next request when the answer before is whole. Written by
 * hand because a load generator with a parser of its own needs more processor time than the servers here.
 *
 * @throws Error when an answer is not 200, or does not say its length
 */
export async function load(
  port: number,
  path: string,
  token: string,
  connections: number,
  ms: number,
): Promise<LoadResult> {
  const request = Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\n\r\n`,
  )
  const begun = performance.now()
  const until = begun + ms
  const counts = await Promise.all(Array.from({ length: connections }, () => drive(port, request, until)))
  return {
    requests: counts.reduce((sum, count) => sum + count, 0),
    seconds: (performance.now() - begun) / 1000,
  }
}

function drive(port: number, request: Buffer, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0
    /** Bytes of the answer that have not come yet; -1 before its head was read. */
    let missing = -1
    let head = ''
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(request))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      if (missing === -1) {
        head += chunk.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return
        const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
        if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
          socket.destroy()
          return reject(new Error(`unexpected answer: ${head.slice(0, 300)}`))
        }
        missing = Number(length) - (head.length - end - 4)
      } else missing -= chunk.length
      if (missing > 0) return
      count += 1
      missing = -1
      head = ''
      if (performance.now() < until) socket.write(request)
      else {
        socket.end()
        resolve(count)
      }
    })
  })
}
