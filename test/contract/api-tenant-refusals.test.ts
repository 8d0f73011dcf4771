/** Every kind of token of the local tenant that is not good here, x every route. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTenant } from '../../tenant/server.ts'
import { type CallOptions, expectProblem, startTestApi, type TestApi } from '../support/api.ts'
import { withTenant } from '../support/tenant.ts'
import { accessToken, askToken, tokenOf } from '../support/tenant-client.ts'

const LIST = '/api/todolist'
const HOURS = 3_600_000

/** The tenant is made in the past: its secret holds there, too. */
let offset = -3 * HOURS
const tenant = withTenant({ now: () => new Date(Date.now() + offset) })

let api: TestApi
let id: string
/** What is sent as credentials, by kind. */
const credentials = new Map<string, string | undefined>()

/** A token as the tenant gives it when its clock is so far off. */
async function tokenAt(offsetMs: number): Promise<string> {
  offset = offsetMs
  try {
    // With the secret: an assertion would have the dates of another time than the issuer's.
    return tokenOf((await askToken(tenant(), { client_secret: tenant().client.secret })).body)
  } finally {
    offset = 0
  }
}

beforeAll(async () => {
  const ended = await tokenAt(-3 * HOURS)
  api = await startTestApi({ ...tenant(), clientId: tenant().api.appId })
  const good = await accessToken(tenant())
  const made = await api.call('POST', LIST, { token: good, body: { description: 'stays' } })
  expect(made.status).toBe(201)
  id = made.json.id
  const other = await startTenant()
  const [head, payload, signature] = good.split('.') as [string, string, string]
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  const graph = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
  const bearer = {
    'one that has ended': ended,
    'one that is not valid yet': await tokenAt(3 * HOURS),
    'one for Microsoft Graph': graph,
    'one for Key Vault': await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator'),
    "another tenant's": await accessToken(other),
    'one with another signature': `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    "one with another's claims": `${head}.${graph.split('.')[1]}.${signature}`,
    'one without a signature': `${unsigned}.${payload}.`,
    'half of one': good.slice(0, good.length / 2),
  }
  await other.close()
  for (const [kind, token] of Object.entries(bearer)) credentials.set(kind, `Bearer ${token}`)
  credentials.set('the scheme DPoP', `DPoP ${good}`)
  credentials.set('the scheme Basic', `Basic ${Buffer.from(`x:${good}`).toString('base64')}`)
  credentials.set('two tokens', `Bearer ${good}, Bearer ${good}`)
})
afterAll(() => api?.close())

const body = { description: 'changed' }
const routes: [string, () => string, CallOptions][] = [
  ['GET', () => LIST, {}],
  ['GET', () => `${LIST}/${id}`, {}],
  ['POST', () => LIST, { body }],
  ['PUT', () => `${LIST}/${id}`, { body }],
  ['PATCH', () => `${LIST}/${id}`, { body }],
  ['DELETE', () => `${LIST}/${id}`, {}],
]

describe.each(routes)('%s', (method, path, options) => {
  test('without a token is 401', async () => {
    expectProblem(await api.call(method, path(), options), 401, 'unauthenticated')
  })

  test.each([
    'one that has ended',
    'one that is not valid yet',
    'one for Microsoft Graph',
    'one for Key Vault',
    "another tenant's",
    'one with another signature',
    "one with another's claims",
    'one without a signature',
    'half of one',
  ])('with a token, but %s, is 401', async (kind) => {
    const headers = { authorization: credentials.get(kind) as string }
    const answer = await api.call(method, path(), { ...options, headers })
    expectProblem(answer, 401, 'invalid_token')
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="api", error="invalid_token"/)
  })

  test.each(['the scheme DPoP', 'the scheme Basic', 'two tokens'])('with %s is 400', async (kind) => {
    const headers = { authorization: credentials.get(kind) as string }
    expectProblem(await api.call(method, path(), { ...options, headers }), 400, 'invalid_request')
  })
})

test('after all of this the todo is as it was', async () => {
  const { json } = await api.call('GET', LIST, { token: await accessToken(tenant()) })
  expect(json.map(({ description }: { description: string }) => description)).toEqual(['stays'])
})
