/** Tokens of more than one tenant: each with its own issuer and its own keys, at the same host. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../../../../api/auth/authenticate.ts'
import { callerIfKnown } from '../../../../api/auth/caller.ts'
import { expectProblem, startTestApi, type TestApi } from '../../../support/api.ts'
import { type IssuerKey, localhostTls, newIssuerKey } from '../../../support/issuer.ts'

const [home, guest, stranger] = [randomUUID(), randomUUID(), randomUUID()]
const clientId = randomUUID()
const keys = new Map<string, IssuerKey>()
let host: string
let api: TestApi
let stop: () => Promise<void>

beforeAll(async () => {
  const tls = await localhostTls()
  for (const tenant of [home, guest, stranger]) keys.set(tenant, await newIssuerKey())
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }, (req, res) => {
    const tenant = req.url?.split('/')[1] ?? ''
    const document = req.url?.endsWith('/keys')
      ? { keys: [keys.get(tenant)?.jwk] }
      : { issuer: `${host}/${tenant}/v2.0`, jwks_uri: `${host}/${tenant}/keys` }
    res.end(JSON.stringify(document))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `https://localhost:${(server.address() as AddressInfo).port}`
  const issuer = { tenantId: home, authority: `${host}/${home}`, clientId, caPem: tls.certPem }
  api = await startTestApi(issuer, { allowedTenants: [home, guest] })
  stop = async () => {
    await api.close()
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => stop())

const tokenOf = async (claims: { tid: string; iss: string }, signer: string) => {
  const oid = randomUUID()
  const key = keys.get(signer) as IssuerKey
  return await new SignJWT({
    oid,
    sub: oid,
    aud: clientId,
    azp: randomUUID(),
    ver: '2.0',
    roles: ['ToDoList.Read.All'],
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
    .setExpirationTime('5m')
    .sign(key.privateKey)
}
const list = async (...what: Parameters<typeof tokenOf>) =>
  await api.call('GET', '/api/todolist', { token: await tokenOf(...what) })
const issuerOf = (tenant: string) => `${host}/${tenant}/v2.0`

test('each tenant on the list is let in with its own keys', async () => {
  expect((await list({ tid: home, iss: issuerOf(home) }, home)).status).toBe(200)
  expect((await list({ tid: guest, iss: issuerOf(guest) }, guest)).status).toBe(200)
})

test('a tenant that is not on the list is 401', async () => {
  expectProblem(await list({ tid: stranger, iss: issuerOf(stranger) }, stranger), 401, 'invalid_token')
})

test.each([
  ["another tenant's keys", () => ({ tid: home, iss: issuerOf(home) }), guest],
  ["another tenant's issuer", () => ({ tid: home, iss: issuerOf(guest) }), guest],
  ["another tenant's id", () => ({ tid: guest, iss: issuerOf(home) }), home],
])('a token with %s is 401', async (_what, claims, signer) => {
  expectProblem(await list(claims(), signer), 401, 'invalid_token')
})

describe('a guard of two tenants', () => {
  /** Its issuers answer in the process: those of the tenants in `up`. */
  const guardOf = (up: readonly string[]): Guard =>
    createGuard({
      authority: `${host}/${home}`,
      tenantId: home,
      audience: [clientId],
      allowedTenants: [home, guest],
      fetchJson: async (url) => {
        const tenant = url.split('/')[3] ?? ''
        if (!up.includes(tenant)) throw new Error('down')
        if (url.endsWith('/keys')) return { keys: [keys.get(tenant)?.jwk] }
        return { issuer: issuerOf(tenant), jwks_uri: `${host}/${tenant}/keys` }
      },
    })
  const ask = async (guard: Guard, token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const http = { method: 'GET', url: '/', is: () => false, get: () => 'localhost' }
    const req = { ...http, headers, rawHeaders: [] } as never
    let atOnce = true
    const { promise, resolve } = Promise.withResolvers<[error: unknown, atOnce: boolean]>()
    guard.authenticate(req, {} as never, (error?: unknown) => resolve([error, atOnce]))
    atOnce = false
    const [error, remembered] = await promise
    return { error, remembered, tenantId: callerIfKnown(req)?.tenantId }
  }

  test.each([
    ['the first', home],
    ['the second', guest],
  ])('a token of %s is verified once, and remembered as what it is', async (_which, tid) => {
    const guard = guardOf([home, guest])
    const token = await tokenOf({ tid, iss: issuerOf(tid) }, tid)
    expect(await ask(guard, token)).toEqual({ error: undefined, remembered: false, tenantId: tid })
    expect(await ask(guard, token)).toEqual({ error: undefined, remembered: true, tenantId: tid })
  })

  test.each([
    ['both', [home, guest], true],
    ['the first only', [home], false],
    ['the second only', [guest], false],
    ['neither', [], false],
  ])('with keys of %s, it is ready only if every tenant can be let in', async (_which, up, ready) => {
    const guard = guardOf(up)
    expect(guard.ready()).toBe(false)
    await guard.warmUp()
    expect(guard.ready()).toBe(ready)
  })

  test('a tenant whose keys can not be had does not keep the other one out', async () => {
    const guard = guardOf([guest])
    const token = await tokenOf({ tid: guest, iss: issuerOf(guest) }, guest)
    expect(await ask(guard, token)).toMatchObject({ error: undefined, tenantId: guest })
    const lost = await ask(guard, await tokenOf({ tid: home, iss: issuerOf(home) }, home))
    expect(lost).toMatchObject({ error: { status: 503 }, tenantId: undefined })
  })
})
