import { PublicClientApplication } from '@azure/msal-node'
import got from 'got'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { hidden, openPage, sendForm, visit } from '../support/device-page.ts'
import { withTenant } from '../support/tenant.ts'
import { ask, claimsOf, type Reply } from '../support/tenant-client.ts'

const tenant = withTenant()
const SCOPES = () => `${tenant().api.identifierUri}/ToDoList.Read openid profile offline_access`
const devicePage = () => `http://localhost:${tenant().ports.pages}/device`
const form = (url: string, fields: Record<string, string>) =>
  ask(tenant(), url, { body: new URLSearchParams(fields) })
const admin = (body: object) =>
  ask(tenant(), `${tenant().adminUrl}/clock`, { method: 'PUT', token: tenant().adminToken, body })

async function start(fields: Record<string, string> = {}): Promise<Reply> {
  const url = tenant().tokenEndpoint.replace(/token$/, 'devicecode')
  return form(url, { client_id: tenant().publicClient.appId, scope: SCOPES(), ...fields })
}
const poll = (device_code: string, fields: Record<string, string> = {}) =>
  form(tenant().tokenEndpoint, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: tenant().publicClient.appId,
    device_code,
    ...fields,
  })
const refresh = (refresh_token: string, fields: Record<string, string> = {}) =>
  form(tenant().tokenEndpoint, {
    grant_type: 'refresh_token',
    client_id: tenant().publicClient.appId,
    refresh_token,
    ...fields,
  })
async function signedIn(fields: Record<string, string> = {}) {
  const { body } = await start(fields)
  await visit(devicePage(), body.user_code)
  return (await poll(body.device_code)).body
}
const refusal = ({ status, body }: Reply) => ({ status, error: body.error, codes: body.error_codes })

describe('a device code', () => {
  test('names the page, and is pending until somebody decides', async () => {
    const { status, body } = await start()
    expect({ status, uri: body.verification_uri, interval: body.interval, expires: body.expires_in }).toEqual(
      {
        ...{ status: 200, uri: devicePage(), interval: 5, expires: 900 },
      },
    )
    expect(body.message).toContain(body.user_code)
    expect(refusal(await poll(body.device_code))).toEqual({
      status: 400,
      error: 'authorization_pending',
      codes: [70016],
    })
  })

  test('may be sent as code, as MSAL once did; without either, the request lacks a parameter', async () => {
    const { body } = await start()
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    const fields = { grant_type, client_id: tenant().publicClient.appId }
    const asCode = await form(tenant().tokenEndpoint, { ...fields, code: body.device_code })
    expect(refusal(asCode)).toMatchObject({ error: 'authorization_pending', codes: [70016] })
    expect(refusal(await form(tenant().tokenEndpoint, fields))).toEqual({
      ...{ status: 400, error: 'invalid_request', codes: [900144] },
    })
  })

  test('that was approved gives delegated tokens, once', async () => {
    const { body: started } = await start()
    const approved = await visit(devicePage(), started.user_code)
    expect(approved.body).toContain('You are signed in as Alice Adams')
    const { status, body } = await poll(started.device_code)
    expect(status).toBe(200)
    const { body: keys } = await ask(tenant(), `${tenant().authority}/discovery/v2.0/keys`)
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(keys))
    const [alice] = tenant().users
    expect(payload).toMatchObject({
      ...{ aud: tenant().api.appId, iss: tenant().issuer, scp: 'ToDoList.Read', azpacr: '0', idtyp: 'user' },
      ...{
        oid: alice?.id,
        name: 'Alice Adams',
        preferred_username: 'alice@contoso.onmicrosoft.com',
        ver: '2.0',
      },
    })
    expect(payload.sub).not.toBe(alice?.id)
    expect(payload).not.toHaveProperty('roles')
    const id = claimsOf(body.id_token)
    expect(id).toMatchObject({ aud: tenant().publicClient.appId, name: 'Alice Adams', oid: alice?.id })
    expect(id.sub).not.toBe(payload.sub)
    expect(refusal(await poll(started.device_code))).toEqual({
      status: 400,
      error: 'bad_verification_code',
      codes: [70018],
    })
  })

  test('that was denied says so', async () => {
    const { body } = await start()
    expect((await visit(devicePage(), body.user_code, { decision: 'deny' })).body).toContain('Denied')
    expect(refusal(await poll(body.device_code))).toEqual({
      status: 400,
      error: 'authorization_declined',
      codes: [],
    })
  })

  test('ends after 15 minutes', async () => {
    const { body } = await start()
    await admin({ advanceMs: 15 * 60 * 1000 + 1000 })
    expect((await visit(devicePage(), body.user_code)).statusCode).toBe(404)
    expect(refusal(await poll(body.device_code))).toEqual({
      status: 400,
      error: 'expired_token',
      codes: [70019],
    })
    await admin({ offsetMs: 0 })
  })

  test.each<[string, () => Promise<Reply>, number]>([
    ['no scope', () => start({ scope: '' }), 900144],
    ['a confidential client', () => start({ client_id: tenant().client.appId }), 7000218],
    ['an unknown client', () => start({ client_id: '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10' }), 700016],
    ['an unknown scope', () => start({ scope: `${tenant().api.identifierUri}/Nothing` }), 650053],
    ['an unknown resource', () => start({ scope: 'api://unknown/x' }), 500011],
    [
      'two resources',
      () => start({ scope: `${SCOPES()} https://vault.azure.net/user_impersonation` }),
      70011,
    ],
    [
      'another client’s code',
      async () =>
        poll((await start()).body.device_code, { client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' }),
      70018,
    ],
    ['a code that was made up', () => poll('made-up'), 70018],
  ])('with %s is refused', async (_, asked, code) => {
    const { status, body } = await asked()
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body.error_codes).toEqual([code])
  })
})

describe('a refresh token', () => {
  test('gets new tokens, and stays good', async () => {
    const { refresh_token } = await signedIn()
    const first = await refresh(refresh_token)
    expect(claimsOf(first.body.access_token)).toMatchObject({
      scp: 'ToDoList.Read',
      oid: tenant().users[0]?.id,
    })
    expect((await refresh(refresh_token)).status).toBe(200)
    expect((await refresh(first.body.refresh_token)).status).toBe(200)
  })

  test('is not given without offline_access', async () => {
    const body = await signedIn({ scope: `${tenant().api.identifierUri}/ToDoList.Read` })
    expect(body).not.toHaveProperty('refresh_token')
    expect(body).not.toHaveProperty('id_token')
  })

  test('comes with client_info where that was asked for, and with none else', async () => {
    const { refresh_token } = await signedIn()
    expect((await refresh(refresh_token)).body).not.toHaveProperty('client_info')
    expect((await refresh(refresh_token, { client_info: '0' })).body).not.toHaveProperty('client_info')
    const { client_info } = (await refresh(refresh_token, { client_info: '1' })).body
    expect(JSON.parse(Buffer.from(client_info, 'base64url').toString())).toEqual({
      uid: tenant().users[0]?.id,
      utid: tenant().tenantId,
    })
  })

  test('for OpenID Connect’s scopes alone has these in the access token', async () => {
    const body = await signedIn({ scope: 'openid profile offline_access' })
    expect(claimsOf(body.access_token).scp).toBe('openid profile offline_access')
  })

  test('opens nothing that nobody consented to', async () => {
    const { refresh_token } = await signedIn()
    const scope = 'https://graph.microsoft.com/Application.ReadWrite.All'
    expect(refusal(await refresh(refresh_token, { scope }))).toEqual({
      status: 400,
      error: 'invalid_grant',
      codes: [65001],
    })
  })

  test('of az opens Graph and the vault, which pre-authorized it, and no other API', async () => {
    const client_id = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
    const scope = 'https://management.core.windows.net//.default offline_access openid profile'
    const { body } = await start({ client_id, scope })
    await visit(devicePage(), body.user_code)
    const { refresh_token } = (await poll(body.device_code, { client_id })).body
    const scp = async (uri: string) => {
      const answer = await refresh(refresh_token, {
        client_id,
        scope: `${uri}/.default offline_access openid`,
      })
      return answer.status === 200 ? claimsOf(answer.body.access_token).scp : refusal(answer).codes
    }
    expect(await scp('https://graph.microsoft.com/')).toBe(
      'User.Read.All Application.ReadWrite.All AppRoleAssignment.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All',
    )
    expect(await scp('https://vault.azure.net')).toBe('user_impersonation')
    expect(await scp(tenant().api.identifierUri)).toEqual([65001])
    const { access_token: token } = (
      await refresh(refresh_token, { client_id, scope: 'https://graph.microsoft.com//.default' })
    ).body
    const graph = (path: string, body?: object) =>
      ask(tenant(), `${tenant().graphUrl}${path}`, { token, ...(body ? { body } : {}) })
    const { appId } = (await graph('/applications', { displayName: 'of a user' })).body
    expect((await graph('/me/ownedObjects')).body.value).toMatchObject([
      { '@odata.type': '#microsoft.graph.application', appId },
    ])
  })

  test('ends after 90 days', async () => {
    const { refresh_token } = await signedIn()
    await admin({ advanceMs: 91 * 24 * 60 * 60 * 1000 })
    expect(refusal(await refresh(refresh_token)).codes).toEqual([700082])
    await admin({ offsetMs: 0 })
  })

  test.each<[string, (token: string) => Promise<Reply>]>([
    ['made up', () => refresh('1.made-up')],
    ['cut', (token) => refresh(token.slice(0, -1))],
    ['another client’s', (token) => refresh(token, { client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' })],
  ])('that is %s is refused', async (_, asked) => {
    const { refresh_token } = await signedIn()
    expect(refusal(await asked(refresh_token))).toEqual({
      status: 400,
      error: 'invalid_grant',
      codes: [70000],
    })
  })
})

describe('delegated tokens', () => {
  test('of the vault and Graph are v1.0, and count there', async () => {
    const graph = await signedIn({
      scope: 'https://graph.microsoft.com/User.Read https://graph.microsoft.com/Application.Read.All',
    })
    expect(claimsOf(graph.access_token)).toMatchObject({
      ver: '1.0',
      aud: 'https://graph.microsoft.com',
      scp: 'User.Read Application.Read.All',
      upn: 'alice@contoso.onmicrosoft.com',
    })
    const me = await ask(tenant(), `${tenant().graphUrl}/me`, { token: graph.access_token })
    expect(me.body).toMatchObject({ displayName: 'Alice Adams' })
    expect(
      (await ask(tenant(), `${tenant().graphUrl}/applications`, { token: graph.access_token })).status,
    ).toBe(200)
    expect((await ask(tenant(), `${tenant().graphUrl}/users`, { token: graph.access_token })).status).toBe(
      403,
    )
    const vault = await signedIn({ scope: 'https://vault.azure.net/.default' })
    const url = `${tenant().vaultUrl}/certificates/${tenant().vaultCertificateName}?api-version=7.4`
    expect((await ask(tenant(), url, { token: vault.access_token })).status).toBe(200)
  })
})

describe('the page', () => {
  test('needs no script, may load nothing from elsewhere, and can not be framed', async () => {
    const { headers, body } = await openPage(devicePage())
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'same-origin' })
    expect(body).not.toContain('<script')
    expect(body).toMatch(/<label>[\s\S]*<input name="user_code"/)
    expect((await got(`http://localhost:${tenant().ports.pages}/style.css`)).statusCode).toBe(200)
  })

  test('shows which app asks for what, and who can approve', async () => {
    const { body } = await start()
    const first = await openPage(devicePage())
    const typed = `${body.user_code.slice(0, 4)}-${body.user_code.slice(4).toLowerCase()}`
    const second = await sendForm(devicePage(), { user_code: typed, token: hidden(first.body, 'token') })
    expect(second.body).toContain('<strong>todo-cli</strong> asks to act for you')
    expect(second.body).toContain('<li>ToDoList.Read</li>')
    expect(second.body).toMatch(/Alice Adams[\s\S]*Bob Brown/)
  })

  test('signs in as the user that was chosen', async () => {
    const { body } = await start()
    await visit(devicePage(), body.user_code, { user: tenant().users[1]?.id ?? '' })
    expect(claimsOf((await poll(body.device_code)).body.access_token)).toMatchObject({ name: 'Bob Brown' })
  })

  test('escapes what it repeats', async () => {
    const { body } = await openPage(
      `${devicePage()}?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`,
    )
    expect(body).not.toContain('<script>')
    expect(body).toContain('&#60;script&#62;')
  })

  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['another port', { origin: 'http://localhost:1' }],
  ])('takes no form from %s', async (_, headers) => {
    const { body } = await start()
    expect((await visit(devicePage(), body.user_code, { headers })).statusCode).toBe(403)
    expect((await poll(body.device_code)).body.error).toBe('authorization_pending')
  })

  test.each<[string, { token?: string; user?: string; decision?: string }]>([
    ['no token', { token: '' }],
    ['a token that was made up', { token: 'made-up' }],
    ['no user', { user: 'nobody' }],
    ['no decision', { decision: 'maybe' }],
  ])('takes no decision with %s', async (_, change) => {
    const { body } = await start()
    expect((await visit(devicePage(), body.user_code, change)).statusCode).toBe(403)
    expect((await poll(body.device_code)).body.error).toBe('authorization_pending')
  })

  test('takes a form once', async () => {
    const { body } = await start()
    const first = await openPage(devicePage())
    const fields = { user_code: body.user_code, token: hidden(first.body, 'token') }
    expect((await sendForm(devicePage(), fields)).statusCode).toBe(200)
    expect((await sendForm(devicePage(), fields)).statusCode).toBe(403)
  })

  test('does not know a code that was made up', async () => {
    const first = await openPage(devicePage())
    const { statusCode, body } = await sendForm(devicePage(), {
      user_code: 'BBBBBBBBB',
      token: hidden(first.body, 'token'),
    })
    expect(statusCode).toBe(404)
    expect(body).toContain('That code is not known')
  })
})

test('MSAL signs a user in, and refreshes silently', async () => {
  const { authority, publicClient, caPem } = tenant()
  const client = got.extend({
    https: { certificateAuthority: caPem },
    throwHttpErrors: false,
    responseType: 'json',
    retry: { limit: 0 },
  })
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    options?: { headers?: Record<string, string>; body?: string },
  ) => {
    const { statusCode, body } = await client(url, {
      method,
      ...(options?.headers ? { headers: options.headers } : {}),
      ...(options?.body ? { body: options.body } : {}),
    })
    return { status: statusCode, headers: {}, body: body as never }
  }
  const app = new PublicClientApplication({
    auth: { clientId: publicClient.appId, authority, knownAuthorities: [new URL(authority).host] },
    system: {
      networkClient: {
        sendGetRequestAsync: (url, options) => send('GET', url, options),
        sendPostRequestAsync: (url, options) => send('POST', url, options),
      },
    },
  })
  const scopes = [`${tenant().api.identifierUri}/ToDoList.Read`]
  let visited: Promise<unknown> = Promise.resolve()
  const result = await app.acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ userCode, verificationUri }) => {
      visited = visit(verificationUri, userCode)
    },
  })
  await visited
  expect(result?.account).toMatchObject({
    username: 'alice@contoso.onmicrosoft.com',
    tenantId: tenant().tenantId,
  })
  if (result?.account == null) return
  const again = await app.acquireTokenSilent({ scopes, account: result.account, forceRefresh: true })
  expect(again.accessToken).not.toBe(result.accessToken)
  expect(claimsOf(again.accessToken)).toMatchObject({ scp: 'ToDoList.Read' })
})
