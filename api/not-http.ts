/** What never reaches Express, answered as a problem all the same. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem, problemBody } from './problem.ts'

type Answer = ServerResponse<IncomingMessage>

/**
 * Answers bytes that are not HTTP, headers that are too large and requests that take too long, and ends the connection.
 * Where whole requests came before them on the same connection, after their answers: a client takes the first answer that
 * it gets for that of its first request.
 */
export function answerWhatIsNotHttp(server: Server): void {
  const begun = new WeakMap<object, Answer[]>()
  server.on('request', ({ socket }, res) => {
    const answers = begun.get(socket)
    if (answers === undefined) begun.set(socket, [res])
    else if (answers.at(-1)?.writableFinished) answers.splice(0, answers.length, res)
    else answers.push(res)
  })
  server.on('clientError', (error: Error, socket: Socket) => {
    const before = begun.get(socket)?.findLast((res) => res.req.complete && !res.writableFinished)
    if (before === undefined) refuse(error, socket)
    else before.once('close', () => refuse(error, socket))
  })
}

function refuse(error: Error, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const problem = problemOf((error as { code?: unknown }).code)
  const body = JSON.stringify(problemBody(problem))
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function problemOf(code: unknown): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'the headers are larger than 16 kB')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'the request took too long to arrive')
    default:
      return new Problem('invalid_request', 'the request is not HTTP')
  }
}
