import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import {
  accessToken,
  ask,
  askToken,
  assertionFields,
  clientAssertion,
} from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = (method: string, path: string, body?: object) =>
  ask(tenant(), tenant().adminUrl + path, { method, token: tenant().adminToken, ...(body ? { body } : {}) })
const bySecret = () => askToken(tenant(), { client_secret: tenant().client.secret })
const DAY = 24 * 60 * 60 * 1000
const CENTURY = 36_500 * DAY

describe('the clock', () => {
  test('moves, so that a secret expires without waiting, and comes back', async () => {
    expect((await admin('PUT', '/clock', { advanceMs: 800 * DAY })).body.offsetMs).toBe(800 * DAY)
    expect((await bySecret()).body.error_codes).toEqual([7000222])
    expect((await admin('PUT', '/clock', { offsetMs: 0 })).status).toBe(200)
    expect((await bySecret()).status).toBe(200)
  })

  test('can be put to a date', async () => {
    const { body } = await admin('PUT', '/clock', { now: '2030-01-01T00:00:00Z' })
    expect(body.now).toMatch(/^2030-01-01T00:00:0/)
    await admin('PUT', '/clock', { offsetMs: 0 })
  })

  test('makes a token for Graph expire', async () => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
    const read = () => ask(tenant(), `${tenant().graphUrl}/applications`, { token })
    expect((await read()).status).toBe(200)
    await admin('PUT', '/clock', { advanceMs: 2 * 60 * 60 * 1000 })
    expect((await read()).body.error.code).toBe('InvalidAuthenticationToken')
    await admin('PUT', '/clock', { offsetMs: 0 })
  })

  test.each([CENTURY, -CENTURY])('moves by a century, %i ms, and back', async (offsetMs) => {
    expect((await admin('PUT', '/clock', { offsetMs })).body.offsetMs).toBe(offsetMs)
    expect((await admin('PUT', '/clock', { offsetMs: 0 })).body.offsetMs).toBe(0)
  })

  test.each([{}, { now: 'tomorrow' }, { offsetMs: 'x' }, { offsetMs: 1e15 }, { offsetMs: CENTURY + 1 }])(
    'is not moved by %j',
    async (body) => {
      expect((await admin('PUT', '/clock', body)).status).toBe(400)
      expect((await admin('GET', '/clock')).body.offsetMs).toBe(0)
    },
  )
})

describe('a fault', () => {
  test('answers as often as it was asked for, with Retry-After, then the service again', async () => {
    const fault = { service: 'issuer', pathContains: '/token', answer: 429, retryAfter: 7, times: 2 }
    expect((await admin('POST', '/faults', fault)).status).toBe(201)
    const { status, headers } = await bySecret()
    expect({ status, after: headers['retry-after'] }).toEqual({ status: 429, after: '7' })
    expect((await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)).status).toBe(200)
    expect((await bySecret()).status).toBe(429)
    expect((await bySecret()).status).toBe(200)
  })

  test('drops a connection', async () => {
    await admin('POST', '/faults', { service: 'vault', answer: 'drop' })
    await expect(ask(tenant(), `${tenant().vaultUrl}/certificates/x`)).rejects.toMatchObject({
      code: 'ECONNRESET',
    })
  })

  test('can be slow only, and taken back', async () => {
    await admin('POST', '/faults', { service: 'issuer', latencyMs: 5 })
    expect((await bySecret()).status).toBe(200)
    await admin('POST', '/faults', { service: 'issuer', answer: 503 })
    expect((await admin('GET', '/faults')).body.value).toHaveLength(1)
    expect((await admin('DELETE', '/faults')).status).toBe(204)
    expect((await bySecret()).status).toBe(200)
  })

  test.each([
    {},
    { service: 'admin', answer: 503 },
    { service: 'issuer' },
    { service: 'issuer', answer: 200 },
    { service: 'issuer', answer: 503, times: 0 },
    { service: 'issuer', latencyMs: 1e9 },
    { service: 'issuer', answer: 429, retryAfter: -1 },
    { service: 'issuer', answer: 429, pathContains: 1 },
  ])('that is none is refused: %j', async (body) => {
    expect((await admin('POST', '/faults', body)).status).toBe(400)
  })
})

describe('key rotation', () => {
  const kids = async () => {
    const { body } = await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)
    return body.keys.map(({ kid }: { kid: string }) => kid)
  }
  const signedBy = async () => {
    const { body } = await bySecret()
    return JSON.parse(Buffer.from(body.access_token.split('.')[0], 'base64url').toString()).kid
  }

  test('signs with the key that was published before, and serves the retired one until its tokens end', async () => {
    const before = await kids()
    const old = await signedBy()
    const graphToken = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
    await admin('POST', '/keys/rotate')
    expect(before).toContain(await signedBy())
    expect(await signedBy()).not.toBe(old)
    expect(await kids()).toEqual(expect.arrayContaining([...before]))
    expect((await ask(tenant(), `${tenant().graphUrl}/applications`, { token: graphToken })).status).toBe(200)
    await admin('PUT', '/clock', { advanceMs: 100 * 60 * 1000 })
    expect(await kids()).not.toContain(old)
    expect(await kids()).toHaveLength(2)
    await admin('PUT', '/clock', { offsetMs: 0 })
  })

  test('keeps to the shape of Entra’s keys: certificate, thumbprint, no alg', async () => {
    const { body } = await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)
    for (const key of body.keys) {
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', kid: key.x5t, issuer: tenant().issuer })
      expect(key).not.toHaveProperty('alg')
      expect(key.x5c).toHaveLength(1)
      expect(
        new X509Certificate(Buffer.from(key.x5c[0], 'base64')).publicKey.export({ format: 'jwk' }).n,
      ).toBe(key.n)
    }
  })
})

describe('a setting', () => {
  test('lets the same assertion pass twice by default, and refuses it in strict mode', async () => {
    const assertion = await clientAssertion(tenant())
    const send = async (one: string) => (await askToken(tenant(), assertionFields(one))).status
    expect([await send(assertion), await send(assertion)]).toEqual([200, 200])
    await admin('PATCH', '/settings', { refuseReplays: true })
    const other = await clientAssertion(tenant())
    expect([await send(other), await send(other)]).toEqual([200, 401])
    await admin('PATCH', '/settings', { refuseReplays: false })
  })

  test('can refuse x5t#S256, as some tenants were reported to do', async () => {
    await admin('PATCH', '/settings', { legacyThumbprintsOnly: true })
    const send = async (alg: 'PS256' | 'RS256') =>
      (await askToken(tenant(), assertionFields(await clientAssertion(tenant(), { alg })))).status
    expect([await send('PS256'), await send('RS256')]).toEqual([401, 200])
    await admin('PATCH', '/settings', { legacyThumbprintsOnly: false })
  })

  test.each([{ refuseReplays: 'yes' }, { propagationDelayMs: -1 }, { nonsense: true }, { clockOffsetMs: 1 }])(
    'that is none is refused: %j',
    async (body) => {
      expect((await admin('PATCH', '/settings', body)).status).toBe(400)
    },
  )
})

describe('the log', () => {
  test('has each exchange with the reason of a refusal, and no secret', async () => {
    await askToken(tenant(), { client_secret: 'not-this-one' })
    const { body, text } = await admin('GET', '/logs?after=0')
    const line = body.value.findLast(({ service }: { service: string }) => service === 'issuer')
    expect(line).toMatchObject({ status: 401, code: 'AADSTS7000215', clientId: tenant().client.appId })
    expect(text).not.toContain('not-this-one')
    const { body: later } = await admin('GET', `/logs?after=${line.seq}`)
    expect(later.value.every(({ seq }: { seq: number }) => seq > line.seq)).toBe(true)
  })
})

test.each(['/clock', '/settings', '/faults', '/logs'])(
  '%s is closed without the admin token',
  async (path) => {
    expect((await ask(tenant(), tenant().adminUrl + path)).status).toBe(401)
  },
)
