/** Bytes on a connection, for what no HTTP client would send. */
import { connect, type Socket } from 'node:net'

/** All that comes back until the other side ends or breaks the connection. */
export function allOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  return allOf(socket)
}
