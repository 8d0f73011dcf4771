/** How a client presents its credential, and who counts as a client. */
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls } from '../../../support/tenant-calls.ts'
import { ask, askToken, assertionFields, clientAssertion } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
type Fields = Record<string, string | undefined>

const codesOf = async (fields: Fields, headers: Record<string, string> = {}) => {
  const { status, body } = await askToken(tenant(), fields, { headers })
  return { status, code: body.error_codes?.[0] }
}
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
const OK = { status: 200, code: undefined }
const daemon = () => tenant().client

describe('a Basic header', () => {
  const noId = { client_id: undefined }

  test.each(['Basic', 'basic', 'BASIC'])('is read as %s', async (scheme) => {
    const { authorization } = basic(daemon().appId, encodeURIComponent(daemon().secret))
    const headers = { authorization: authorization.replace('Basic', scheme) }
    expect(await codesOf(noId, headers)).toEqual(OK)
  })

  test('counts before a secret in the body', async () => {
    const headers = basic(daemon().appId, 'wrong')
    expect(await codesOf({ ...noId, client_secret: daemon().secret }, headers)).toEqual({
      ...{ status: 401, code: 7000215 },
    })
  })

  test('counts less than an assertion: some clients send both', async () => {
    const assertion = assertionFields(await clientAssertion(tenant()))
    expect(await codesOf(assertion, basic(daemon().appId, 'wrong'))).toEqual(OK)
  })

  test('with a lone percent sign is taken as it is', async () => {
    expect((await codesOf(noId, basic(daemon().appId, '100%'))).code).toBe(7000215)
  })

  test('without a secret is no credential', async () => {
    expect((await codesOf(noId, basic(daemon().appId, ''))).code).toBe(7000218)
    expect(
      (await codesOf(noId, { authorization: `Basic ${Buffer.from(daemon().appId).toString('base64')}` }))
        .code,
    ).toBe(7000218)
  })

  test('keeps the colons of a secret', async () => {
    expect((await codesOf(noId, basic(daemon().appId, `${daemon().secret}:x`))).code).toBe(7000215)
  })

  test.each(['Bearer x', 'Basic', 'Basic !', 'Digest x', 'Digest Basic eDp5', 'Basic eDp5 x'])(
    'that is none leaves the body to say who asks: %s',
    async (authorization) => {
      expect((await codesOf(noId, { authorization })).code).toBe(900144)
      expect(await codesOf({ client_secret: daemon().secret }, { authorization })).toEqual(OK)
    },
  )
})

describe('an assertion', () => {
  test('needs its type', async () => {
    const { client_assertion } = assertionFields(await clientAssertion(tenant()))
    const { body } = await askToken(tenant(), { client_assertion })
    expect(body.error_codes).toEqual([900144])
    expect(body.error_description).toContain("'client_assertion_type'")
  })

  test.each([
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    'URN:ietf:params:oauth:client-assertion-type:jwt-bearer',
    'jwt-bearer',
  ])('of the type %s is not looked at', async (client_assertion_type) => {
    const fields = { ...assertionFields(await clientAssertion(tenant())), client_assertion_type }
    const { status, body } = await askToken(tenant(), fields)
    expect({ status, error: body.error, codes: body.error_codes }).toEqual({
      ...{ status: 400, error: 'invalid_request', codes: [90011] },
    })
    expect(body.error_description).toMatch(/^AADSTS90011: Unexpected client assertion type\. /)
  })

  test('counts before a secret: a wrong one is not helped by a right secret', async () => {
    const assertion = assertionFields(await clientAssertion(tenant(), { claims: { aud: 'https://x' } }))
    expect((await codesOf({ ...assertion, client_secret: daemon().secret })).code).toBe(700023)
  })

  test.each([
    ['by its tenant’s name', (id: string, url: string) => url.replace(id, 'contoso.onmicrosoft.com')],
    ['of v1.0', (_: string, url: string) => url.replace('/v2.0/token', '/token')],
  ])('may be addressed to the endpoint %s', async (_, form) => {
    const { tenantId, tokenEndpoint } = tenant()
    const aud = form(tenantId, tokenEndpoint)
    const url = tokenEndpoint.replace(tenantId, 'contoso.onmicrosoft.com')
    const fields = assertionFields(await clientAssertion(tenant(), { claims: { aud } }))
    expect((await askToken(tenant(), fields, { url })).status).toBe(200)
  })

  test('may not be addressed to another tenant’s endpoint, or another host’s', async () => {
    const { tenantId, tokenEndpoint } = tenant()
    for (const aud of [
      tokenEndpoint.replace(tenantId, '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10'),
      tokenEndpoint.replace('localhost', '127.0.0.1'),
      'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    ]) {
      const fields = assertionFields(await clientAssertion(tenant(), { claims: { aud } }))
      expect((await codesOf(fields)).code).toBe(700023)
    }
  })
})

describe('a client', () => {
  test('may name itself in upper case', async () => {
    const { appId, secret } = daemon()
    expect(await codesOf({ client_id: appId.toUpperCase(), client_secret: secret })).toEqual(OK)
  })

  test.each(['0', '00000000000000000000000000000000', '{guid}', "' or 1=1", 'x'.repeat(5000)])(
    'that is called %j is no application identifier',
    async (client_id) => {
      expect((await codesOf({ client_id, client_secret: 'x' })).code).toBe(700038)
    },
  )

  test('is not known by its object id, nor by its service principal’s', async () => {
    const { body } = await graph('GET', `/applications(appId='${daemon().appId}')`)
    for (const client_id of [body.id, daemon().objectId])
      expect((await codesOf({ client_id, client_secret: daemon().secret })).code).toBe(700016)
  })

  test('that is a resource of Microsoft’s has no secret to guess', async () => {
    const client_id = '00000003-0000-0000-c000-000000000000'
    expect((await codesOf({ client_id, client_secret: 'x' })).code).toBe(7000215)
  })

  test('that is a managed identity has no application, and does not sign in here', async () => {
    const { body } = await graph(
      'GET',
      "/servicePrincipals?$filter=displayName eq 'todo-managed-identity'".replaceAll(' ', '%20'),
    )
    expect((await codesOf({ client_id: body.value[0].appId, client_secret: 'x' })).code).toBe(700016)
  })

  test('that has no service principal in the tenant is not found there', async () => {
    const { body } = await graph('POST', '/applications', { displayName: 'absent' })
    expect((await codesOf({ client_id: body.appId, client_secret: 'x' })).code).toBe(700016)
  })

  test('that is public needs no secret to refresh, and may not present one for itself', async () => {
    const { appId } = tenant().publicClient
    expect((await codesOf({ client_id: appId })).code).toBe(7000218)
    expect((await codesOf({ client_id: appId, client_secret: 'x' })).code).toBe(700025)
    const assertion = assertionFields(await clientAssertion(tenant(), { clientId: appId }))
    expect((await codesOf({ client_id: appId, ...assertion })).code).toBe(700025)
  })

  test('that is confidential must prove itself to refresh', async () => {
    const fields = { grant_type: 'refresh_token', refresh_token: '1.made-up' }
    expect((await codesOf(fields)).code).toBe(7000218)
    expect((await codesOf({ ...fields, client_secret: 'wrong' })).code).toBe(7000215)
    expect((await codesOf({ ...fields, client_secret: daemon().secret })).code).toBe(70000)
    expect((await codesOf({ grant_type: 'refresh_token', client_secret: daemon().secret })).code).toBe(900144)
  })
})

describe('strict mode', () => {
  test('is per assertion, not per client', async () => {
    await admin('PATCH', '/settings', { refuseReplays: true })
    const one = assertionFields(await clientAssertion(tenant()))
    expect(await codesOf(one)).toEqual(OK)
    const { status, body } = await askToken(tenant(), one)
    expect({ status, error: body.error, codes: body.error_codes }).toEqual({
      ...{ status: 401, error: 'invalid_client', codes: [] },
    })
    expect(body).not.toHaveProperty('error_uri')
    expect(body.error_description).not.toContain('AADSTS')
    expect(await codesOf(assertionFields(await clientAssertion(tenant())))).toEqual(OK)
    await admin('PATCH', '/settings', { refuseReplays: false })
  })
})

test('a body of more than 256 KiB is refused, and not repeated', async () => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'x'.repeat(300_000) })
  const { status, text } = await ask(tenant(), tenant().tokenEndpoint, { body })
  expect(status).toBe(413)
  expect(text).not.toContain('xxxx')
})
