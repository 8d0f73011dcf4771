/** What Graph refuses, in its words: tokens, ids, bodies, key credentials (entra.md 2.7). */
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { accessToken, ask, certificateOf } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const ID = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f'
const der = (pem: string) => certificateOf(pem).replace(/-----[^-]+-----|\s/g, '')
const BAD = { status: 400, code: 'Request_BadRequest' }

describe('a call', () => {
  test.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ['missing', () => undefined],
    ['no JWT', () => 'rubbish'],
    ['for the vault', () => accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')],
    ['for the todo API', () => accessToken(tenant(), tenant().api.scope)],
    [
      'signed by somebody else',
      () =>
        new SignJWT({ aud: 'https://graph.microsoft.com', roles: ['Application.ReadWrite.All'] })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.alloc(32)),
    ],
  ])('with a token that is %s is InvalidAuthenticationToken', async (_, make) => {
    const token = await make()
    const { status, body } = await ask(tenant(), `${tenant().graphUrl}/applications`, token ? { token } : {})
    expect({ status, code: body.error.code }).toEqual({ status: 401, code: 'InvalidAuthenticationToken' })
    expect(body.error.message).toMatch(/^(Access token|IDX14100|Lifetime)/)
  })

  test.each([
    ['GET', `/applications/${ID}`],
    ['GET', `/applications(appId='${ID}')`],
    ['PATCH', `/applications/${ID}`],
    ['DELETE', `/applications/${ID}`],
    ['POST', `/applications/${ID}/addPassword`],
    ['POST', `/applications/${ID}/removePassword`],
    ['POST', `/applications/${ID}/addKey`],
    ['POST', `/applications/${ID}/removeKey`],
    ['GET', `/applications/${ID}/owners`],
    ['POST', `/applications/${ID}/owners/$ref`],
    ['DELETE', `/applications/${ID}/owners/${ID}/$ref`],
    ['GET', `/applications/${ID}/federatedIdentityCredentials`],
    ['POST', `/applications/${ID}/federatedIdentityCredentials`],
    ['DELETE', `/applications/${ID}/federatedIdentityCredentials/x`],
    ['GET', `/servicePrincipals/${ID}`],
    ['GET', `/servicePrincipals(appId='${ID}')`],
    ['PATCH', `/servicePrincipals/${ID}`],
    ['DELETE', `/servicePrincipals/${ID}`],
    ['GET', `/servicePrincipals/${ID}/appRoleAssignments`],
    ['GET', `/servicePrincipals/${ID}/appRoleAssignedTo`],
    ['PATCH', `/oauth2PermissionGrants/${ID}`],
    ['DELETE', `/oauth2PermissionGrants/${ID}`],
    ['GET', `/users/${ID}`],
  ])('%s %s is not found', async (method, path) => {
    const answer = await graph(method, path, ['POST', 'PATCH'].includes(method) ? { scope: 'x' } : undefined)
    expect(refusalOf(answer)).toEqual({ status: 404, code: 'Request_ResourceNotFound' })
    expect(answer.body.error.message).toBe(
      `Resource '${ID}' does not exist or one of its queried reference-property objects are not present.`,
    )
  })

  test.each([
    ['PATCH', () => `/applications/${ID}`],
    ['DELETE', () => `/applications(appId='${tenant().api.appId}')`],
    ['POST', () => `/applications(appId='${tenant().api.appId}')/addPassword`],
    ['POST', () => `/applications(appId='${tenant().api.appId}')/removePassword`],
    ['POST', () => `/applications(appId='${tenant().api.appId}')/owners/$ref`],
    ['DELETE', () => `/applications(appId='${tenant().api.appId}')/owners/${ID}/$ref`],
    ['GET', () => `/applications(appId='${tenant().api.appId}')/owners`],
    ['GET', () => `/applications(appId='${tenant().api.appId}')`],
    ['GET', () => `/applications(appId='${tenant().api.appId}')/federatedIdentityCredentials`],
    ['POST', () => `/applications(appId='${tenant().api.appId}')/federatedIdentityCredentials`],
    ['DELETE', () => `/applications(appId='${tenant().api.appId}')/federatedIdentityCredentials/x`],
    ['GET', () => `/servicePrincipals(appId='${tenant().api.appId}')`],
    ['PATCH', () => `/servicePrincipals(appId='${tenant().api.appId}')`],
    ['DELETE', () => `/servicePrincipals(appId='${tenant().api.appId}')`],
    ['GET', () => '/users/x'],
  ])('%s is denied to an app without a permission (%#)', async (method, path) => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    const body = ['POST', 'PATCH'].includes(method) ? {} : undefined
    const answer = await graph(method, path(), body, { token })
    expect(refusalOf(answer)).toEqual({ status: 403, code: 'Authorization_RequestDenied' })
    expect(answer.body.error.message).toBe('Insufficient privileges to complete the operation.')
  })

  test.each(['{', '[]', '"x"', 'null', '1'])('with the body %s is not understood', async (body) => {
    const answer = await graph('POST', '/applications', body)
    expect(refusalOf(answer)).toEqual(BAD)
    expect(answer.body.error.message).toMatch(/^Unable to read JSON request payload\./)
  })

  test('a body of more than 256 KiB is refused', async () => {
    const answer = await graph('POST', '/applications', { displayName: 'x'.repeat(300_000) })
    expect(refusalOf(answer)).toEqual({ status: 413, code: 'Request_EntityTooLarge' })
    expect(JSON.stringify(answer.body)).not.toContain('xxx')
  })

  test('that is refused has details only where there are any', async () => {
    const { body } = await graph('GET', `/applications/${ID}`)
    expect(body.error).not.toHaveProperty('details')
    const { body: taken } = await graph('POST', '/servicePrincipals', { appId: ID })
    expect(taken.error.details).toMatchObject([{ code: 'NoBackingApplicationObject' }])
  })

  test('of an app about itself is refused: it is no user', async () => {
    expect(refusalOf(await graph('GET', '/me'))).toEqual({ status: 400, code: 'BadRequest' })
  })

  test.each([
    'x',
    'https://graph.microsoft.com/v1.0/groups/5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10',
    undefined,
    { id: ID },
  ])('that adds an owner by %j is refused', async (reference) => {
    for (const kind of ['applications', 'servicePrincipals']) {
      const path = `/${kind}(appId='${tenant().api.appId}')/owners/$ref`
      expect(refusalOf(await graph('POST', path, { '@odata.id': reference }))).toEqual(BAD)
    }
  })

  test('of Azure’s management is for its own name, and with its token', async () => {
    const management = { headers: { host: 'management.azure.com' }, host: 'management.azure.com' }
    for (const path of ['/tenants', '/subscriptions']) {
      const url = tenant().graphUrl.replace(/\/v1\.0$/, path)
      const graphToken = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
      const token = await accessToken(tenant(), 'https://management.azure.com/.default', 'operator')
      expect((await ask(tenant(), url, { token })).status).toBe(404)
      expect((await ask(tenant(), url, { ...management })).status).toBe(401)
      expect((await ask(tenant(), url, { ...management, token: graphToken })).status).toBe(401)
      expect((await ask(tenant(), url, { ...management, token })).status).toBe(200)
    }
  })

  test.each([
    [
      '/subscriptions/abc/resourcegroups',
      'SubscriptionNotFound',
      "The subscription 'abc' could not be found.",
    ],
    ['/providers/x/subscriptions/abc', 'NotFound', expect.stringContaining('nothing at this address')],
    ['/subscriptionss/abc', 'NotFound', expect.stringContaining('nothing at this address')],
  ])('of Azure’s management at %s is %s', async (path, code, message) => {
    const url = tenant().graphUrl.replace(/\/v1\.0$/, path)
    for (const host of ['management.azure.com', 'management.azure.com:443']) {
      const { status, body } = await ask(tenant(), url, { host })
      expect({ status, body }).toEqual({ status: 404, body: { error: { code, message } } })
    }
    expect((await ask(tenant(), url)).body.error).toMatchObject({ code: 'Request_BadRequest' })
  })

  test('of another API version is refused in words', async () => {
    const url = tenant().graphUrl.replace('/v1.0', '/beta')
    const answer = await ask(tenant(), `${url}/applications`)
    expect(refusalOf(answer)).toEqual(BAD)
    expect(answer.body.error.message).toBe('The local tenant has v1.0 of Microsoft Graph, and not beta.')
  })

  test('with another method is refused in JSON, and names those that there are', async () => {
    const answer = await graph('PUT', '/applications', {})
    expect(refusalOf(answer)).toEqual({ status: 405, code: 'Request_BadRequest' })
    expect(answer.body.error.message).toBe('Specified HTTP method is not allowed for the request target.')
    expect(answer.headers.allow).toBe('GET, POST')
  })
})

describe('an application', () => {
  test.each<[string, object]>([
    ['no name', {}],
    ['a name that is no text', { displayName: 7 }],
    ['a name that is too long', { displayName: 'x'.repeat(1025) }],
    ['a member that Graph does not know', { displayName: 'x', colour: 'red' }],
  ])('with %s is not made', async (_, body) => {
    expect(refusalOf(await graph('POST', '/applications', body))).toEqual(BAD)
  })

  test('of somebody without the right to all is theirs, of the operator nobody’s', async () => {
    const { body } = await graph('POST', '/applications', { displayName: 'nobody’s' })
    expect((await graph('GET', `/applications/${body.id}/owners`)).body.value).toEqual([])
  })

  test('is gone for its clients as soon as it is removed', async () => {
    const { body } = await graph('POST', '/applications', { displayName: 'x' })
    expect((await graph('DELETE', `/applications/${body.id}`)).text).toBe('')
    expect((await graph('DELETE', `/applications/${body.id}`)).status).toBe(404)
  })
})

describe('a service principal', () => {
  test.each<[string, object]>([
    ['no app', {}],
    ['an app id that is no text', { appId: 7 }],
    ['an assignment flag that is none', { appId: 'API', appRoleAssignmentRequired: 'yes' }],
  ])('with %s is not made', async (_, body) => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'x' })
    const sent = { ...body, ...('appId' in body && body.appId === 'API' ? { appId: app.appId } : {}) }
    expect(refusalOf(await graph('POST', '/servicePrincipals', sent))).toEqual(BAD)
  })

  test.each([{ appRoleAssignmentRequired: 'yes' }, { accountEnabled: 1 }, { colour: 'red' }])(
    'is not changed by %j',
    async (body) => {
      const path = `/servicePrincipals(appId='${tenant().api.appId}')`
      expect(refusalOf(await graph('PATCH', path, body))).toEqual(BAD)
    },
  )
})

describe('credentials', () => {
  const withKeys = (keyCredentials: unknown) =>
    graph('POST', '/applications', { displayName: 'x', keyCredentials } as object)
  const key = () => ({ key: der(tenant().client.certificatePem) })

  test.each<[string, string, () => unknown]>([
    ['no key', 'KeyCredentialsInvalidKey', () => [{}]],
    ['rubbish', 'KeyCredentialsInvalidKey', () => [{ key: 'AAAA' }]],
    ['a symmetric key', 'KeyCredentialsInvalidType', () => [{ ...key(), type: 'Symmetric' }]],
    ['another usage', 'KeyCredentialsInvalidUsage', () => [{ ...key(), usage: 'Sign' }]],
    [
      'an end after its certificate’s',
      'KeyCredentialsInvalidEndDate',
      () => [{ ...key(), endDateTime: '2199-01-01T00:00:00Z' }],
    ],
    [
      'an end before its start',
      'KeyCredentialsInvalidEndDate',
      () => [{ ...key(), endDateTime: '2000-01-01T00:00:00Z' }],
    ],
    ['a date that is none', 'Request_BadRequest', () => [{ ...key(), startDateTime: 'tomorrow' }]],
    ['a date that is no text', 'Request_BadRequest', () => [{ ...key(), startDateTime: 7 }]],
    ['an entry that is no object', 'Request_BadRequest', () => ['x']],
    ['an entry that is null', 'Request_BadRequest', () => [null]],
    ['a value that is no list', 'Request_BadRequest', () => key()],
    [
      'two entries of one id',
      'Request_BadRequest',
      () => [
        { ...key(), keyId: ID },
        { ...key(), keyId: ID },
      ],
    ],
  ])('a key credential with %s is refused: %s', async (_, code, value) => {
    expect(refusalOf(await withKeys(value()))).toEqual({ status: 400, code })
  })

  test('a key that names no present one, and brings none, is refused', async () => {
    const { body } = await withKeys([key()])
    const keyCredentials = [{ keyId: randomUUID() }]
    expect(refusalOf(await graph('PATCH', `/applications/${body.id}`, { keyCredentials })).code).toBe(
      'KeyCredentialsInvalidKey',
    )
  })

  test.each<[string, object]>([
    ['a description that is no object', { passwordCredential: 'x' }],
    ['a date that is none', { passwordCredential: { endDateTime: 'never' } }],
    ['a start that is no text', { passwordCredential: { startDateTime: 7 } }],
  ])('a secret with %s is refused', async (_, body) => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'x' })
    expect(refusalOf(await graph('POST', `/applications/${app.id}/addPassword`, body))).toEqual(BAD)
  })

  test('that are not there are not removed', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'x' })
    const answer = await graph('POST', `/applications/${app.id}/removePassword`, { keyId: ID })
    expect(answer.body.error.message).toBe('No credentials found to be removed.')
  })

  test('a secret that begins tomorrow is no secret today', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'x' })
    await graph('POST', '/servicePrincipals', { appId: app.appId })
    const startDateTime = new Date(Date.now() + 86_400_000).toISOString()
    const { body } = await graph('POST', `/applications/${app.id}/addPassword`, {
      passwordCredential: { startDateTime },
    })
    const form = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: app.appId, client_secret: body.secretText },
      scope: tenant().api.scope,
    })
    expect((await ask(tenant(), tenant().tokenEndpoint, { body: form })).body.error_codes).toEqual([7000215])
  })
})

test('a defect of Graph itself gives no stack and no message away', async () => {
  // A fault answers in place of the service; its shape is the tenant's own.
  await admin('POST', '/faults', { service: 'graph', answer: 500 })
  const { status, text } = await graph('GET', '/applications')
  expect(status).toBe(500)
  expect(text).not.toMatch(/\.ts|node:|Error:/)
})
