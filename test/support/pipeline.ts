/** Requests that are sent before the answers to those before them have come (RFC 9112 section 9.3.2). */
import { connect, type Socket } from 'node:net'

export interface PipelinedRequest {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly body?: object
}

export interface PipelinedAnswer {
  readonly status: number
  /** The parsed body, or undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read many shapes out of it
  readonly json: any
}

export interface Pipeline {
  /** Sends all in one write. Gives their answers in order: fewer than requests when the connection ended before. */
  send(requests: readonly PipelinedRequest[]): Promise<readonly PipelinedAnswer[]>
  close(): void
}

/** One connection to a server on loopback, kept for all that is sent. */
export function openPipeline(port: number): Pipeline {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let ended = false
  let bytes = Buffer.alloc(0)
  let changed = () => {}
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk])
    changed()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    ended = true
    changed()
  })

  /** The first whole answer among the bytes that have come, taken off them. */
  function take(): PipelinedAnswer | undefined {
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) return undefined
    const head = bytes.subarray(0, end).toString('latin1')
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (bytes.length < end + 4 + length) return undefined
    const text = bytes.subarray(end + 4, end + 4 + length).toString('utf8')
    bytes = bytes.subarray(end + 4 + length)
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
    return { status, json: text === '' ? undefined : JSON.parse(text) }
  }

  return {
    async send(requests) {
      const answers: PipelinedAnswer[] = []
      if (!ended) socket.write(requests.map(format).join(''))
      while (answers.length < requests.length) {
        const answer = take()
        if (answer !== undefined) answers.push(answer)
        else if (ended) break
        else
          await new Promise<void>((resolve) => {
            changed = resolve
          })
      }
      return answers
    },
    close: () => socket.destroy(),
  }
}

function format({ method, path, token, body }: PipelinedRequest): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? '' : 'Content-Type: application/json\r\n'
  return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${type}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}
