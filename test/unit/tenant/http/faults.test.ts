/** Faults as a client meets them: in order, for the right request, and in the log. */
import { afterEach, expect, test } from 'vitest'
import { type ExchangeRecord, startTenant } from '../../../../tenant/server.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls } from '../../../support/tenant-calls.ts'
import { ask } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = adminCalls(tenant)
const keys = (more: Parameters<typeof ask>[2] = {}) =>
  ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`, more)
const discovery = () => ask(tenant(), `${tenant().authority}/v2.0/.well-known/openid-configuration`)

afterEach(async () => {
  await admin('DELETE', '/faults')
})

test('a request that is to be slow is overtaken by one that is not', async () => {
  await admin('POST', '/faults', { service: 'issuer', pathContains: 'keys', latencyMs: 500 })
  const order: string[] = []
  const slow = keys().then(({ status }) => order.push(`slow ${status}`))
  // The slow one has met its fault once the list of faults is empty.
  while ((await admin('GET', '/faults')).body.value.length > 0);
  await discovery().then(({ status }) => order.push(`other ${status}`))
  await slow
  expect(order).toEqual(['other 200', 'slow 200'])
})

test('a request that is to be slow does not outlive its tenant', async () => {
  const records: ExchangeRecord[] = []
  const own = await startTenant({ onLog: (record) => records.push(record) })
  const calls = adminCalls(() => own)
  await calls('POST', '/faults', { service: 'issuer', latencyMs: 60_000 })
  const slow = ask(own, `${own.authority}/discovery/v2.0/keys`)
  const failed = expect(slow).rejects.toMatchObject({ code: 'ECONNRESET' })
  while ((await calls('GET', '/faults')).body.value.length > 0);
  await own.close()
  await failed
  expect(records.filter(({ service }) => service === 'issuer')).toMatchObject([
    { status: 0, reason: 'the tenant was stopped meanwhile' },
  ])
})

test('a request for another host does not use a fault up', async () => {
  await admin('POST', '/faults', { service: 'issuer', answer: 503 })
  expect((await keys({ headers: { host: 'evil.example' } })).status).toBe(421)
  expect((await keys()).status).toBe(503)
  expect((await keys()).status).toBe(200)
})

test('without retryAfter there is no such header', async () => {
  await admin('POST', '/faults', { service: 'issuer', answer: 503 })
  const { status, headers, body } = await keys()
  expect({ status, code: body.error.code }).toEqual({ status: 503, code: 'ServiceUnavailable' })
  expect(headers).not.toHaveProperty('retry-after')
})

test('a dropped connection is in the log with status 0, and why', async () => {
  await admin('POST', '/faults', { service: 'issuer', answer: 'drop' })
  await expect(keys()).rejects.toMatchObject({ code: 'ECONNRESET' })
  const { body } = await admin('GET', '/logs')
  expect(body.value.findLast(({ service }: { service: string }) => service === 'issuer')).toMatchObject({
    status: 0,
    reason: 'a fault that was asked for',
  })
})
