/** The API with the local tenant's own tokens, as apps and users get them: every permission x every route. The tokens that are not good are in `api-tenant-refusals.test.ts`. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallOptions, expectProblem, soon, startTestApi, type TestApi } from '../support/api.ts'
import { visit } from '../support/device-page.ts'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask, askToken, claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()
const LIST = '/api/todolist'

let api: TestApi
let graphToken: string

beforeAll(async () => {
  api = await startTestApi({ ...tenant(), clientId: tenant().api.appId })
  graphToken = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
})
afterAll(() => api?.close())

async function graph(method: string, path: string, body?: object) {
  const answer = await ask(tenant(), `${tenant().graphUrl}${path}`, {
    method,
    token: graphToken,
    ...(body === undefined ? {} : { body }),
  })
  expect(answer.status).toBeLessThan(300)
  return answer.body
}

/** A token of a new app, to which these app roles were assigned through Microsoft Graph. */
async function appToken(...roles: string[]): Promise<string> {
  const app = await graph('POST', '/applications', { displayName: `app-${randomUUID()}` })
  const { secretText } = await graph('POST', `/applications/${app.id}/addPassword`, {})
  const principal = await graph('POST', '/servicePrincipals', { appId: app.appId })
  const resource = await graph('GET', `/servicePrincipals(appId='${tenant().api.appId}')`)
  for (const role of roles) {
    const appRoleId = resource.appRoles.find(({ value }: { value: string }) => value === role).id
    const consent = { principalId: principal.id, resourceId: resource.id, appRoleId }
    await graph('POST', `/servicePrincipals/${principal.id}/appRoleAssignments`, consent)
  }
  const { body } = await askToken(tenant(), { client_id: app.appId, client_secret: secretText })
  return body.access_token
}

/** A token of a user who signed in by device code with these scopes. */
async function userToken(scopes: readonly string[], user?: string): Promise<string> {
  const scope = scopes.map((name) => `${tenant().api.identifierUri}/${name}`).join(' ')
  const client_id = tenant().publicClient.appId
  const codes = tenant().tokenEndpoint.replace(/token$/, 'devicecode')
  const { body } = await ask(tenant(), codes, { body: new URLSearchParams({ client_id, scope }) })
  await visit(
    `http://localhost:${tenant().ports.pages}/device`,
    body.user_code,
    user === undefined ? {} : { user },
  )
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
  const form = new URLSearchParams({ grant_type, client_id, device_code: body.device_code })
  const answer = await ask(tenant(), tenant().tokenEndpoint, { body: form })
  expect(answer.status).toBe(200)
  return answer.body.access_token
}

const callers: [who: string, token: () => Promise<string>, read: boolean, write: boolean][] = [
  ['an app with Read.All', () => appToken('ToDoList.Read.All'), true, false],
  ['an app with ReadWrite.All', () => appToken('ToDoList.ReadWrite.All'), true, true],
  ['an app with both roles', () => appToken('ToDoList.Read.All', 'ToDoList.ReadWrite.All'), true, true],
  ['an app without a role', () => appToken(), false, false],
  ['a user with Read', () => userToken(['ToDoList.Read']), true, false],
  ['a user with ReadWrite', () => userToken(['ToDoList.ReadWrite']), true, true],
  ['a user with both scopes', () => userToken(['ToDoList.Read', 'ToDoList.ReadWrite']), true, true],
]

describe.each(callers)('%s', (who, newToken, read, write) => {
  let token: string
  let id: string

  beforeAll(async () => {
    token = await newToken()
    const { oid } = claimsOf(token)
    const owner = await accessToken(tenant())
    const made = await api.call('POST', LIST, { token: owner, body: { description: who, owner: oid } })
    id = made.json.id
  })

  const body = { description: 'changed' }
  const routes: [string, boolean, number, () => string, CallOptions][] = [
    ['GET', read, 200, () => LIST, {}],
    ['GET', read, 200, () => `${LIST}/${id}`, {}],
    ['POST', write, 201, () => LIST, { body }],
    ['PUT', write, 200, () => `${LIST}/${id}`, { body }],
    ['PATCH', write, 200, () => `${LIST}/${id}`, { body }],
    ['DELETE', write, 204, () => `${LIST}/${id}`, {}],
  ]

  test.each(routes)('%s: %s', async (method, allowed, status, path, options) => {
    const answer = await api.call(method, path(), { ...options, token })
    if (allowed) expect(answer.status).toBe(status)
    else expectProblem(answer, 403, 'insufficient_scope')
  })
})

test("what an app creates is its own; users see theirs and never each other's", async () => {
  const app = await accessToken(tenant())
  const [alice, bob] = tenant().users.map(({ id }) => id) as [string, string]
  const [hers, his] = [
    await userToken(['ToDoList.ReadWrite'], alice),
    await userToken(['ToDoList.ReadWrite'], bob),
  ]
  const add = async (token: string) =>
    (await api.call('POST', LIST, { token, body: { description: 'x', owner: randomUUID() } })).json
  const body = { description: 'of the app' }
  expect((await api.call('POST', LIST, { token: app, body })).json.owner).toBe(tenant().client.objectId)
  const todo = await add(hers)
  expect(todo.owner).toBe(alice)
  expect((await add(his)).owner).toBe(bob)
  expectProblem(await api.call('GET', `${LIST}/${todo.id}`, { token: his }), 404, 'not_found')
  const owners = async (token: string) =>
    (await api.call('GET', LIST, { token })).json.map(({ owner }: { owner: string }) => owner)
  expect(new Set(await owners(his))).toEqual(new Set([bob]))
  expect(await owners(app)).toEqual(expect.arrayContaining([alice, bob]))
})

test('a key that the tenant rotates to works at the first use, and the one before goes on working', async () => {
  const before = await accessToken(tenant())
  expect((await api.call('GET', LIST, { token: before })).status).toBe(200)
  await ask(tenant(), `${tenant().adminUrl}/keys/rotate`, {
    method: 'POST',
    token: tenant().adminToken,
    body: {},
  })
  const after = await accessToken(tenant())
  const kidOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  expect(kidOf(after)).not.toBe(kidOf(before))
  const status = async (token: string) => (await api.call('GET', LIST, { token })).status
  await expect.poll(() => status(after), soon).toBe(200)
  expect(await status(before)).toBe(200)
})

test('v1.0 tokens, which a resource gets that does not ask for v2.0, are accepted where configured only', async () => {
  const { id } = await graph('GET', `/applications(appId='${tenant().api.appId}')`)
  await graph('PATCH', `/applications/${id}`, { api: { requestedAccessTokenVersion: null } })
  const lenient = await startTestApi({ ...tenant(), clientId: tenant().api.appId }, { acceptV1Tokens: true })
  try {
    const token = await accessToken(tenant())
    expect(claimsOf(token)).toMatchObject({ ver: '1.0' })
    expectProblem(await api.call('GET', LIST, { token }), 401, 'invalid_token')
    expect((await lenient.call('GET', LIST, { token })).status).toBe(200)
  } finally {
    await lenient.close()
    await graph('PATCH', `/applications/${id}`, { api: { requestedAccessTokenVersion: 2 } })
  }
})

test('HTTPS with the certificate of the local tenant', async () => {
  const secure = await startTestApi({ ...tenant(), clientId: tenant().api.appId }, { tls: tenant().tls })
  const answer = await ask(tenant(), secure.url, { token: await accessToken(tenant()) })
  expect(answer.status).toBe(200)
  await secure.close()
})
