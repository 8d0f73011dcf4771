/** The managed identity endpoint: who gets a token of it, and for what. */
import got from 'got'
import { describe, expect, test } from 'vitest'
import { type PagesDeps, pagesService } from '../../../../tenant/pages/service.ts'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const VAULT = 'https://vault.azure.net'
const OTHER = '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10'

async function token(query: Record<string, string> = {}, headers?: Record<string, string>) {
  const { statusCode, body } = await got<Record<string, string>>(tenant().identityEndpoint, {
    searchParams: { 'api-version': '2019-08-01', resource: VAULT, ...query },
    headers: headers ?? { 'x-identity-header': tenant().identityHeader },
    throwHttpErrors: false,
    retry: { limit: 0 },
    responseType: 'json',
  })
  return { status: statusCode, body }
}

describe('a token', () => {
  test('needs the header: without any it is refused in the same shape', async () => {
    expect(await token({}, {})).toEqual({
      status: 401,
      body: { statusCode: 401, message: 'The X-IDENTITY-HEADER is missing or wrong.' },
    })
  })

  test('may be asked for by the identity’s own client id, in any letter case', async () => {
    const { body } = await token()
    for (const client_id of [body.client_id ?? '', body.client_id?.toUpperCase() ?? ''])
      expect((await token({ client_id })).status).toBe(200)
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['another api-version', { 'api-version': '2017-09-01' }, /^api-version must be 2019-08-01\.$/],
    ['no api-version', { 'api-version': '' }, /^api-version must be 2019-08-01\.$/],
    ['no resource', { resource: '' }, /^AADSTS500011: /],
    ['an unknown resource', { resource: 'https://unknown.example' }, /^AADSTS500011: .*unknown\.example/],
    ['another identity', { client_id: OTHER }, /^No User Assigned or Delegated Managed Identity found/],
    ['an empty client id', { client_id: '' }, /^No User Assigned or Delegated Managed Identity found/],
  ])('is refused for %s', async (_, query, message) => {
    const { status, body } = await token(query)
    expect({ status, token: body.access_token }).toEqual({ status: 400, token: undefined })
    expect(body.message).toMatch(message)
  })

  test('is refused to a wrong header, and before anything is said of the request', async () => {
    const { status } = await token(
      { 'api-version': 'x' },
      { 'x-identity-header': `${tenant().identityHeader}x` },
    )
    expect(status).toBe(401)
  })

  test('is refused for an app that has no service principal', async () => {
    const uri = 'api://without-a-principal'
    await graph('POST', '/applications', { displayName: 'x', identifierUris: [uri] })
    const { status, body } = await token({ resource: uri })
    expect(status).toBe(400)
    expect(body.message).toMatch(/^AADSTS500011: /)
  })

  test('is refused once the identity is gone', async () => {
    const { body } = await token()
    const { body: principal } = await graph('GET', `/servicePrincipals(appId='${body.client_id}')`)
    await graph('DELETE', `/servicePrincipals/${principal.id}`)
    const refused = await token()
    expect(refused.status).toBe(400)
    expect(refused.body.message).toMatch(/^No User Assigned or Delegated Managed Identity found/)
  })
})

test('a defect gives no message away', () => {
  const service = pagesService({} as PagesDeps)
  const { status, body } = service.answerError(new Error('the inside'), {} as never)
  expect(status).toBe(500)
  expect(body).not.toContain('inside')
})
