import { connect } from 'node:tls'
import type { ReadyServer } from './plan.ts'

/**
 * A closed loop over kept-alive TLS connections: each sends its next body when the answer before is whole. Returns the
 * seconds that all of them took.
 *
 * @throws Error when an answer is not 200 with a token
 */
export async function load(
  server: ReadyServer,
  bodies: readonly string[],
  connections: number,
): Promise<number> {
  const waiting = [...bodies]
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(server)))
  const sleep = stayAwake()
  const begun = performance.now()
  await Promise.all(sockets.map((socket) => drive(socket, server, waiting))).finally(sleep)
  return (performance.now() - begun) / 1000
}

/**
 * Until it is told to sleep, this process waits for nothing: whoever writes to a process that sleeps pays for waking it, on
 * a virtual machine some 10 µs, and that is no work of an issuer.
 */
function stayAwake(): () => void {
  let awake = true
  const turn = () => {
    if (awake) setImmediate(turn)
  }
  turn()
  return () => {
    awake = false
  }
}

type Connection = ReturnType<typeof connect>

function open({ port, caPem }: ReadyServer): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: caPem }, () =>
      resolve(socket),
    )
    socket.setNoDelay()
    socket.once('error', reject)
  })
}

function drive(socket: Connection, { port, path }: ReadyServer, waiting: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const next = () => {
      const body = waiting.pop()
      if (body === undefined) {
        socket.end()
        resolve()
        return
      }
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      )
    }
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const end = answer.indexOf('\r\n\r\n')
      if (end === -1) return
      const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1]
      if (length === undefined || !answer.startsWith('HTTP/1.1 200')) {
        reject(new Error(`unexpected answer: ${answer.slice(0, 500)}`))
        return
      }
      if (answer.length < end + 4 + Number(length)) return
      if (!answer.includes('"access_token"')) {
        reject(new Error('an answer without a token'))
        return
      }
      answer = ''
      next()
    })
    next()
  })
}
