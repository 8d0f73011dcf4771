import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BODY_MAX } from '../../../../tenant/http/exchange.ts'
import { type ExchangeRecord, startTenant, type Tenant } from '../../../../tenant/server.ts'
import { ask, askToken } from '../../../support/tenant-client.ts'

let tenant: Tenant
let next: (record: ExchangeRecord) => void = () => {}
const logged = () => new Promise<ExchangeRecord>((resolve) => (next = resolve))

beforeAll(async () => {
  tenant = await startTenant({ onLog: (record) => next(record) })
})
afterAll(() => tenant.close())

/** A token request by hand: its head, and as much of its body as is given. */
async function begin(headers: string, body: string) {
  const socket = connect({
    port: tenant.ports.issuer,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: tenant.caPem,
  })
  await once(socket, 'secureConnect')
  const { pathname, host } = new URL(tenant.tokenEndpoint)
  const form = 'content-type: application/x-www-form-urlencoded'
  socket.write(`POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${form}\r\n${headers}\r\n\r\n${body}`)
  return socket
}

describe('a request', () => {
  test('whose client hangs up within the body is over, and the next is served', async () => {
    const record = logged()
    const socket = await begin('content-length: 1000', 'grant_type=')
    socket.destroy()
    expect(await record).toMatchObject({ service: 'issuer', method: 'POST', status: 500 })
    expect((await askToken(tenant, { client_secret: tenant.client.secret })).status).toBe(200)
  })

  test('whose body comes in pieces is put together', async () => {
    const { client, api } = tenant
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.appId,
      client_secret: client.secret,
      scope: api.scope,
    }).toString()
    const pieces = form.match(/.{1,20}/g) ?? []
    const record = logged()
    const socket = await begin('transfer-encoding: chunked', '')
    for (const piece of pieces) {
      socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`)
      await new Promise(setImmediate)
    }
    socket.write('0\r\n\r\n')
    expect(await record).toMatchObject({ status: 200, clientId: client.appId })
    socket.destroy()
  })

  test('may have a body of 256 KiB to the byte, and none of one byte more', async () => {
    const withBody = (length: number) => {
      const { client, api } = tenant
      const fields = { grant_type: 'client_credentials', client_id: client.appId, scope: api.scope }
      const body = new URLSearchParams({ ...fields, client_secret: client.secret, x: '' }).toString()
      return ask(tenant, tenant.tokenEndpoint, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: body + 'x'.repeat(length - body.length),
        method: 'POST',
      })
    }
    expect((await withBody(BODY_MAX)).status).toBe(200)
    expect((await withBody(BODY_MAX + 1)).status).toBe(413)
  })

  test('whose body has become too large is refused before it ends, and its connection is closed', async () => {
    const socket = await begin('transfer-encoding: chunked', '')
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    // The other end closes while this one still writes.
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    for (let sent = 0; sent < 300_000; sent += 0x10000) socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
    await closed
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/^connection: close\r$/im)
  })
})
