/** Tokens of more than one tenant: each with its own issuer and its own keys, at the same host. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

const list = async (claims: { tid: string; iss: string }, signer: string) => {
  const oid = randomUUID()
  const key = keys.get(signer) as IssuerKey
  const token = await new SignJWT({
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
  return await api.call('GET', '/api/todolist', { token })
}
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
