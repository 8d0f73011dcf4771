/** The order of the issuer's checks, its headers, and which codes carry an `error_uri` (entra.md 2.1 and 2.2). */
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls } from '../../../support/tenant-calls.ts'
import { ask, askToken, assertionFields, clientAssertion } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const UNKNOWN = '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10'
const ZERO = '00000000-0000-0000-0000-000000000000'

type Fields = Record<string, string | undefined>

async function codeOf(fields: Fields, at = tenant().tenantId): Promise<number | undefined> {
  const url = tenant().tokenEndpoint.replace(tenant().tenantId, at)
  const { body } = await askToken(tenant(), { client_secret: tenant().client.secret, ...fields }, { url })
  return body.error_codes?.[0]
}

/** Each step's mistake, in Entra's order; what follows a step is wrong, too. */
const MISTAKES: readonly (readonly [step: string, code: number, fields: Fields, at?: string])[] = [
  ['tenant', 90002, {}, UNKNOWN],
  ['grant type', 70003, { grant_type: 'magic' }],
  ['parameter', 900144, { client_id: undefined }],
  ['client', 700016, { client_id: UNKNOWN }],
  ['credential', 7000215, { client_secret: 'wrong' }],
  ['resource', 500011, { scope: 'api://nobody/Things.Read' }],
]

describe('of two mistakes Entra names the earlier:', () => {
  const pairs = MISTAKES.flatMap((early, index) =>
    MISTAKES.slice(index + 1).map((late) => ({ early, late, title: `${early[0]} before ${late[0]}` })),
  )

  test.each(pairs)('$title', async ({ early, late }) => {
    const [, code, fields, at] = early
    // `client_id` alone is in two of the steps: the earlier one decides.
    expect(await codeOf({ ...late[2], ...fields }, at)).toBe(code)
  })

  test('all of them at once are the tenant', async () => {
    const all = Object.assign({}, ...MISTAKES.map(([, , fields]) => fields))
    expect(await codeOf(all, UNKNOWN)).toBe(90002)
  })

  test('an unknown resource before a scope without .default', async () => {
    expect(await codeOf({ scope: 'api://nobody/Things.Read' })).toBe(500011)
    expect(await codeOf({ scope: `${tenant().api.identifierUri}/Things.Read` })).toBe(1002012)
  })

  test('a scope without .default before the missing assignment', async () => {
    const { body: sp } = await graph('GET', `/servicePrincipals(appId='${tenant().api.appId}')`)
    const { appId, secret } = tenant().clientWithoutRole
    const who = { client_id: appId, client_secret: secret }
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: true })
    expect(await codeOf({ ...who, scope: `${tenant().api.identifierUri}/Things.Read` })).toBe(1002012)
    expect(await codeOf(who)).toBe(501051)
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: false })
  })

  test('a certificate that is not registered before a wrong audience, that before expired dates', async () => {
    const past = Math.floor(Date.now() / 1000) - 3600
    const wrong = { aud: 'https://elsewhere.example', nbf: past, exp: past + 60 }
    const send = async (spec: Parameters<typeof clientAssertion>[1]) =>
      codeOf({ client_secret: undefined, ...assertionFields(await clientAssertion(tenant(), spec)) })
    const { certificatePem } = tenant().operator
    expect(await send({ certificatePem, claims: { ...wrong, iss: UNKNOWN } })).toBe(700027)
    expect(await send({ claims: { ...wrong, iss: UNKNOWN } })).toBe(700021)
    expect(await send({ claims: wrong })).toBe(700023)
    expect(await send({ claims: { ...wrong, aud: tenant().tokenEndpoint } })).toBe(700024)
  })
})

describe('error_uri', () => {
  test.each<[number, boolean, Fields, string?]>([
    [7000215, true, { client_secret: 'wrong' }],
    [500011, true, { scope: 'api://nobody/.default' }],
    [700016, true, { client_id: UNKNOWN }],
    [900144, true, { scope: undefined }],
    [900023, true, {}, 'not_a_tenant'],
    [90002, true, {}, UNKNOWN],
    [700038, false, { client_id: ZERO }],
    [70003, false, { grant_type: 'magic' }],
  ])('of AADSTS%i: %s', async (code, there, fields, at = tenant().tenantId) => {
    const url = tenant().tokenEndpoint.replace(tenant().tenantId, at)
    const { body } = await askToken(tenant(), { client_secret: tenant().client.secret, ...fields }, { url })
    expect(body.error_codes).toEqual([code])
    expect(body.error_uri).toBe(there ? `https://login.microsoftonline.com/error?code=${code}` : undefined)
  })

  test.each<[number, boolean, Parameters<typeof clientAssertion>[1]]>([
    [700024, true, { claims: { nbf: 1_700_000_000, exp: 1_700_000_060 } }],
    [700027, true, { header: { 'x5t#S256': undefined } }],
    [5002727, false, { header: { typ: 'at+jwt' } }],
  ])('of AADSTS%i, for an assertion: %s', async (code, there, spec) => {
    const { body } = await askToken(tenant(), assertionFields(await clientAssertion(tenant(), spec)))
    expect(body.error_codes).toEqual([code])
    expect(body.error_uri !== undefined).toBe(there)
  })
})

describe('the issuer’s answers', () => {
  test.each(['a token', 'a refusal'])('have Entra’s headers: %s', async (kind) => {
    const secret = kind === 'a token' ? tenant().client.secret : 'wrong'
    const { headers } = await askToken(tenant(), { client_secret: secret })
    expect(headers).toMatchObject({
      'cache-control': 'no-store, no-cache',
      'content-type': 'application/json; charset=utf-8',
      expires: '-1',
      pragma: 'no-cache',
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-ms-ests-server': expect.any(String),
      'x-ms-request-id': expect.stringMatching(/^[0-9a-f]{8}-/),
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect(headers).not.toHaveProperty('x-powered-by')
  })

  test('name the refused request by the caller’s GUID, from the header as from the query', async () => {
    const options = { headers: { 'client-request-id': UNKNOWN.toUpperCase() } }
    const { body, headers } = await askToken(tenant(), { client_secret: 'wrong' }, options)
    expect(body.correlation_id).toBe(UNKNOWN)
    expect(headers['client-request-id']).toBe(UNKNOWN)
  })

  test.each(['not-a-guid', `${UNKNOWN}x`, ''])('do not repeat %j as a correlation id', async (id) => {
    const options = { headers: { 'client-request-id': id } }
    const { body, headers } = await askToken(tenant(), { client_secret: 'wrong' }, options)
    expect(body.correlation_id).toMatch(/^[0-9a-f-]{36}$/)
    expect(body.correlation_id).toBe(body.trace_id)
    expect(headers).not.toHaveProperty('client-request-id')
  })

  test('have members in Entra’s order', async () => {
    const { body } = await askToken(tenant(), { client_secret: 'wrong' })
    expect(Object.keys(body)).toEqual([
      ...['error', 'error_description', 'error_codes', 'timestamp', 'trace_id', 'correlation_id'],
      'error_uri',
    ])
  })

  test('to discovery may be kept, tokens may not', async () => {
    const { headers } = await ask(tenant(), `${tenant().authority}/v2.0/.well-known/openid-configuration`)
    expect(headers['cache-control']).toBe('max-age=86400, private')
  })
})

describe('a request by another way', () => {
  test.each(['GET', 'PUT', 'DELETE'])('%s at the token endpoint is not taken', async (method) => {
    const { status, headers } = await ask(tenant(), tenant().tokenEndpoint, { method })
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'POST' })
  })

  test('by JSON has no parameters', async () => {
    const { body } = await ask(tenant(), tenant().tokenEndpoint, { body: { grant_type: 'x' } })
    expect(body.error_codes).toEqual([900144])
  })

  test('with parameters in the query only has none', async () => {
    const url = `${tenant().tokenEndpoint}?grant_type=client_credentials`
    const { body } = await ask(tenant(), url, { body: new URLSearchParams({ x: 'y' }) })
    expect(body.error_codes).toEqual([900144])
  })

  test('with a form in another letter case, and a charset, is read', async () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' }
    expect((await askToken(tenant(), { client_secret: tenant().client.secret }, { headers })).status).toBe(
      200,
    )
  })
})

test('a settings change is refused whole: none of it counts', async () => {
  expect((await admin('PATCH', '/settings', { refuseReplays: true, nonsense: 1 })).status).toBe(400)
  expect((await admin('GET', '/settings')).body.refuseReplays).toBe(false)
})
