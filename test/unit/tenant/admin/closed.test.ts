/** The admin interface is open to the admin token alone, at every address; the log keeps no secret of any kind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import got from 'got'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls } from '../../../support/tenant-calls.ts'
import {
  accessToken,
  ask,
  askToken,
  assertionFields,
  clientAssertion,
} from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = adminCalls(tenant)
const source = readFileSync(join(import.meta.dirname, '../../../../tenant/admin/service.ts'), 'utf8')
/** Out of the source, so that a new address is among them at once. */
const ADDRESSES = [...source.matchAll(/route\(\s*'(\w+)',\s*'([\w/:]+)'/g)].map(
  ([, method = '', path = '']) => ({
    method,
    path: path.replace(':id', 'x'),
  }),
)

describe('without the admin token', () => {
  test('there are addresses to try', () => {
    expect(ADDRESSES.length).toBeGreaterThan(10)
  })

  test.each(ADDRESSES)('$method $path is closed', async ({ method, path }) => {
    const { adminToken, client } = tenant()
    const before = (await admin('GET', '/settings')).text
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${adminToken}`,
      `Bearer ${adminToken}x`,
      `Bearer ${adminToken.slice(0, -1)}`,
      `Bearer ${adminToken.toUpperCase()}`,
      `bearer ${adminToken}`,
      `Bearer ${client.secret}`,
      `Bearer  ${adminToken}`,
      `Bearer ${adminToken} x`,
      `Basic Bearer ${adminToken}`,
    ]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      const url = tenant().adminUrl + path
      const { status, body, headers: answered } = await ask(tenant(), url, { method, headers })
      expect({ authorization, status, body }).toEqual({
        ...{ authorization, status: 401, body: { error: 'the admin token is missing or wrong' } },
      })
      expect(answered['www-authenticate']).toBe('Bearer')
    }
    expect((await admin('GET', '/settings')).text).toBe(before)
  })

  test('in the query it is no token', async () => {
    const { adminUrl, adminToken } = tenant()
    const url = `${adminUrl}/status?access_token=${adminToken}&token=${adminToken}`
    expect((await ask(tenant(), url)).status).toBe(401)
  })

  test('an access token of the tenant’s own operator is none', async () => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
    expect((await ask(tenant(), `${tenant().adminUrl}/status`, { token })).status).toBe(401)
  })
})

describe('with it', () => {
  test.each(['{', '[', '"x"', '', 'null'])('a body that is %j is not read', async (body) => {
    for (const [method, path] of [
      ['PUT', '/clock'],
      ['PATCH', '/settings'],
      ['POST', '/faults'],
      ['PUT', '/vault/policies/x'],
    ] as const) {
      const { status, text } = await admin(method, path, undefined, { body })
      expect(status).toBe(400)
      expect(text).not.toMatch(/SyntaxError|TypeError|\.ts/)
    }
  })

  test.each([
    { advanceMs: 'x' },
    { offsetMs: null, now: 'x' },
    { now: 7 },
    { advanceMs: 1e300 },
    { offsetMs: -4e12 },
  ])('the clock is not moved by %j', async (body) => {
    expect((await admin('PUT', '/clock', body)).status).toBe(400)
    expect((await admin('GET', '/clock')).body.offsetMs).toBe(0)
  })

  test.each(['x', '-1', '1e9', ''])('the log after %j is read without failing', async (after) => {
    const { status, body } = await admin('GET', `/logs?after=${after}`)
    expect(status).toBe(200)
    expect(Array.isArray(body.value)).toBe(true)
  })

  test.each(['/status', '/secrets'])('no answer may be kept or guessed at: %s', async (path) => {
    const { headers } = await admin('GET', path)
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })

  test('an address that there is not is not there', async () => {
    expect((await admin('GET', '/secrets')).status).toBe(404)
    expect((await admin('DELETE', '/status')).status).toBe(405)
  })
})

describe('the log', () => {
  test('has the reason of each refusal, and nothing of what was sent', async () => {
    const secrets = {
      client_secret: 'SECRET-in-a-form',
      basic: 'SECRET-in-a-header',
      refresh: 'SECRET-refresh-token',
      device: 'SECRET-device-code',
      query: 'SECRET-in-a-query',
      password: 'SECRET-of-a-pfx',
      identity: 'SECRET-identity-header',
    }
    const { client, vaultUrl, graphUrl, adminUrl, ports, tokenEndpoint } = tenant()
    const basic = Buffer.from(`${client.appId}:${secrets.basic}`).toString('base64')
    await askToken(tenant(), { client_secret: secrets.client_secret })
    await askToken(tenant(), { client_id: undefined }, { headers: { authorization: `Basic ${basic}` } })
    const publicId = tenant().publicClient.appId
    await askToken(tenant(), {
      grant_type: 'refresh_token',
      client_id: publicId,
      refresh_token: secrets.refresh,
    })
    await askToken(tenant(), { grant_type: 'device_code', client_id: publicId, device_code: secrets.device })
    const assertion = await clientAssertion(tenant(), { claims: { aud: 'https://elsewhere.example' } })
    await askToken(tenant(), assertionFields(assertion))
    await ask(tenant(), `${tokenEndpoint}?code=${secrets.query}`)
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')
    await ask(tenant(), `${vaultUrl}/certificates/x/import?api-version=7.4`, {
      ...{ token, body: { value: 'AAAA', pwd: secrets.password } },
    })
    await ask(tenant(), `${graphUrl}/applications`, { token })
    await ask(tenant(), `${adminUrl}/status`, { token: 'SECRET-admin' })
    await got(`http://localhost:${ports.pages}/nothing`, { throwHttpErrors: false })
    await admin('GET', '/nothing')
    await admin('PUT', '/clock', undefined, { body: '{' })
    await got(`http://localhost:${ports.pages}/msi/token?secret=${secrets.query}`, {
      headers: { 'x-identity-header': secrets.identity },
      throwHttpErrors: false,
    })
    const { body, text } = await admin('GET', '/logs?after=0')
    for (const secret of [...Object.values(secrets), 'SECRET', basic, assertion, token, client.secret])
      expect(text).not.toContain(secret)
    for (const part of [...assertion.split('.'), ...token.split('.')]) expect(text).not.toContain(part)
    const refusals = body.value.filter(({ status }: { status: number }) => status >= 400)
    expect(refusals.length).toBeGreaterThan(7)
    for (const { reason, service, path } of refusals)
      expect({ service, path, reason }).toMatchObject({ reason: expect.stringMatching(/\w{3}/) })
  })

  test('has the service’s own code of each refusal', async () => {
    await askToken(tenant(), { client_secret: 'x' })
    await ask(tenant(), `${tenant().vaultUrl}/certificates?api-version=7.4`)
    await ask(tenant(), `${tenant().graphUrl}/applications`)
    const { body } = await admin('GET', '/logs?after=0')
    const codes = body.value.map(({ code }: { code?: string }) => code)
    expect(codes).toEqual(
      expect.arrayContaining(['AADSTS7000215', 'Unauthorized', 'InvalidAuthenticationToken']),
    )
  })

  test('goes on from where it was read', async () => {
    const { body: first } = await admin('GET', '/logs?after=0')
    const last = first.value.at(-1).seq
    const { body: next } = await admin('GET', `/logs?after=${last}`)
    expect(next.value.map(({ seq }: { seq: number }) => seq)).toEqual([last + 1])
  })
})
