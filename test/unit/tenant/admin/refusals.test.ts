/** What the admin interface refuses, each in a sentence of its own; and that nothing is changed by it. */
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls } from '../../../support/tenant-calls.ts'
import { ask } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = adminCalls(tenant)
const NO_OFFSET = 'give offsetMs, advanceMs, or now (ISO 8601)'
const DELAY = 'propagationDelayMs must be from 0 to 60000'
const VAULT = 'vault must be the name of a vault: 3 to 24 letters, digits and hyphens'
const ALL_OF = async (paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => JSON.stringify((await admin('GET', path)).body)))

describe('the admin interface', () => {
  test.each<[string, string, object | undefined, string]>([
    ['PUT', '/clock', { offsetMs: '5' }, NO_OFFSET],
    ['PUT', '/clock', { offsetMs: [5] }, NO_OFFSET],
    ['PUT', '/clock', { advanceMs: '5' }, NO_OFFSET],
    ['PATCH', '/settings', { refuseReplays: 'yes' }, 'refuseReplays must be true or false'],
    ['PATCH', '/settings', { vaultByRoles: null }, 'vaultByRoles must be true or false'],
    ['PATCH', '/settings', { colour: true }, 'there is no setting colour'],
    ['PATCH', '/settings', { refuseReplays: true, colour: true }, 'there is no setting colour'],
    ['PATCH', '/settings', { propagationDelayMs: -1 }, DELAY],
    ['PATCH', '/settings', { propagationDelayMs: 60_001 }, DELAY],
    ['PATCH', '/settings', { propagationDelayMs: '5' }, DELAY],
    ['PATCH', '/settings', { propagationDelayMs: [5] }, DELAY],
    [
      'POST',
      '/faults',
      { service: 'issuer', answer: 418, latencyMs: 1 },
      'answer must be one of: drop, 429, 500, 503',
    ],
    ['PUT', '/vault/policies/x?vault=a', { certificates: ['get'] }, VAULT],
    ['GET', '/vault/policies?vault=a', undefined, VAULT],
    ['GET', '/vault/policies?vault=', undefined, VAULT],
  ])('refuses %s %s with %j, and changes nothing', async (method, path, body, error) => {
    const state = ['/settings', '/faults', '/vault/policies']
    const before = await ALL_OF(state)
    const answer = await admin(method, path, body)
    expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 400, error })
    expect(await ALL_OF(state)).toEqual(before)
    expect((await admin('GET', '/clock')).body.offsetMs).toBe(0)
  })

  test.each([60_000, 0])('takes a delay of %i milliseconds', async (propagationDelayMs) => {
    const { status, body } = await admin('PATCH', '/settings', { propagationDelayMs })
    expect({ status, body }).toMatchObject({ status: 200, body: { propagationDelayMs } })
  })

  test('refuses a policy of permissions that there are not, and keeps what was', async () => {
    const before = await ALL_OF(['/vault/policies'])
    const answer = await admin('PUT', '/vault/policies/x', { certificates: ['fly'] })
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatch(/certificates/)
    expect(await ALL_OF(['/vault/policies'])).toEqual(before)
  })

  test('shows the policies of a vault by its name, and of the first one without', async () => {
    const { status, body } = await admin('GET', '/vault/policies')
    expect(status).toBe(200)
    expect(body.value.length).toBeGreaterThan(0)
    expect((await admin('GET', '/vault/policies?vault=another')).body.value).not.toBe(undefined)
  })

  test('names the keys after a rotation, those of External ID only where there are any', async () => {
    const rotated = await admin('POST', '/keys/rotate')
    expect(rotated.status).toBe(200)
    expect(Object.keys(rotated.body)).toEqual(['active', 'published'])
    const { body: published } = await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)
    expect(rotated.body.published).toEqual(published.keys.map(({ kid }: { kid: string }) => kid))
    expect(rotated.body.published).toContain(rotated.body.active)
  })

  test('takes faults back that nothing met yet', async () => {
    await admin('POST', '/faults', { service: 'vault', answer: 503, times: 10 })
    expect((await admin('DELETE', '/faults')).status).toBe(204)
    expect((await admin('GET', '/faults')).body.value).toEqual([])
  })

  test.each(['', '?after=', '?after=x'])('gives the whole log for /logs%s', async (query) => {
    const { body } = await admin('GET', `/logs${query}`)
    expect(body.value[0].seq).toBe(1)
  })
})
