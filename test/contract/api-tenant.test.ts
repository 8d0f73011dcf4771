/** The API with the local tenant's own tokens, as a client gets them. */
import got from 'got'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTenant, type Tenant } from '../../tenant/server.ts'
import { expectProblem, startTestApi, type TestApi } from '../support/api.ts'

let tenant: Tenant
let api: TestApi

beforeAll(async () => {
  tenant = await startTenant()
  api = await startTestApi({ ...tenant, clientId: tenant.api.appId })
})
afterAll(async () => {
  await api?.close()
  await tenant?.close()
})

async function tokenOf(client: { appId: string; secret: string }, scope = tenant.api.scope): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: client.appId,
    client_secret: client.secret,
    scope,
  }
  const answer = await got.post(tenant.tokenEndpoint, { form, https: { certificateAuthority: tenant.caPem } })
  return JSON.parse(answer.body).access_token
}

test('an app with its roles reads and writes; what it creates is its own', async () => {
  const token = await tokenOf(tenant.client)
  const made = await api.call('POST', '/api/todolist', { token, body: { description: 'from the daemon' } })
  expect([made.status, made.json.owner]).toEqual([201, tenant.client.objectId])
  expect((await api.call('GET', '/api/todolist', { token })).json).toEqual([made.json])
})

test('an app without a role gets a token, and is 403', async () => {
  const token = await tokenOf(tenant.clientWithoutRole)
  expectProblem(await api.call('GET', '/api/todolist', { token }), 403, 'insufficient_scope')
})

test('a token of the same tenant for another resource is 401', async () => {
  const token = await tokenOf(tenant.client, 'https://vault.azure.net/.default')
  expectProblem(await api.call('GET', '/api/todolist', { token }), 401, 'invalid_token')
})

test('HTTPS with the certificate of the local tenant', async () => {
  const secure = await startTestApi({ ...tenant, clientId: tenant.api.appId }, { tls: tenant.tls })
  const headers = { authorization: `Bearer ${await tokenOf(tenant.client)}` }
  const answer = await got(secure.url, { headers, https: { certificateAuthority: tenant.caPem } })
  expect(answer.statusCode).toBe(200)
  await secure.close()
})
