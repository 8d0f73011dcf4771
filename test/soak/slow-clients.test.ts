/** Clients that begin a request and never end it: Node.js looks for them every 30 seconds only. */
import { once } from 'node:events'
import { connect } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'

const tenant = withTenant()

/** What the issuer answers to a beginning, before it closes the connection. */
async function answerTo(beginning: string): Promise<string> {
  const socket = connect({
    ...{ host: '127.0.0.1', port: tenant().ports.issuer, servername: 'localhost', ca: tenant().caPem },
  })
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  await once(socket, 'secureConnect')
  socket.write(beginning)
  await once(socket, 'close')
  return answer
}

describe('a client that never ends its request', () => {
  // Node.js's own limits are 60 seconds for the headers, and 300 for the request: these tests would run into theirs.
  test.concurrent('is cut off amid the headers', { timeout: 55_000 }, async () => {
    const beginning = `POST /x HTTP/1.1\r\nHost: localhost:${tenant().ports.issuer}\r\n`
    expect(await answerTo(beginning)).toMatch(/^HTTP\/1\.1 408 /)
  })

  test.concurrent('is cut off amid the body', { timeout: 90_000 }, async () => {
    const path = new URL(tenant().tokenEndpoint).pathname
    const beginning = `POST ${path} HTTP/1.1\r\nHost: localhost:${tenant().ports.issuer}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant_type=`
    expect(await answerTo(beginning)).toMatch(/^HTTP\/1\.1 408 /)
  })
})
