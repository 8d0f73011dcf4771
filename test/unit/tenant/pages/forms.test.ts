/** The forms of the device page: same origin, a token a page, once. */
import got from 'got'
import { describe, expect, test } from 'vitest'
import { createFormTokens } from '../../../../tenant/pages/form-tokens.ts'
import type { ExchangeRecord } from '../../../../tenant/server.ts'
import { hidden, openPage, sendForm, visit } from '../../../support/device-page.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls } from '../../../support/tenant-calls.ts'
import { ask } from '../../../support/tenant-client.ts'

const log: ExchangeRecord[] = []
const tenant = withTenant({ onLog: (record) => log.push(record) })
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const page = () => `http://localhost:${tenant().ports.pages}/device`
async function code(client_id = tenant().publicClient.appId) {
  const body = new URLSearchParams({
    client_id,
    scope: `${tenant().api.identifierUri}/ToDoList.Read`,
  })
  const url = tenant().tokenEndpoint.replace(/token$/, 'devicecode')
  return (await ask(tenant(), url, { body })).body
}
async function stateOf(device_code: string) {
  const body = new URLSearchParams({
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code },
    client_id: tenant().publicClient.appId,
  })
  return (await ask(tenant(), tenant().tokenEndpoint, { body })).body.error
}
const post = (headers: Record<string, string>, fields: Record<string, string>, path = '') =>
  got.post(`${page()}${path}`, { form: fields, headers, throwHttpErrors: false, retry: { limit: 0 } })
const freshToken = async () => hidden((await openPage(page())).body, 'token')

describe('form tokens', () => {
  test('are each another, and good once', () => {
    const tokens = createFormTokens()
    const [one, two] = [tokens.issue(), tokens.issue()]
    expect(one).not.toBe(two)
    expect([tokens.redeem(one), tokens.redeem(one), tokens.redeem(two)]).toEqual([true, false, true])
  })

  test.each(['', 'made-up', 'undefined'])('are not %j', (token) => {
    const tokens = createFormTokens()
    tokens.issue()
    expect(tokens.redeem(token)).toBe(false)
  })

  test('have 24 random bytes', () => {
    expect(Buffer.from(createFormTokens().issue(), 'base64url')).toHaveLength(24)
  })

  test('are forgotten, the oldest of more than 200 first', () => {
    const tokens = createFormTokens()
    const issued = Array.from({ length: 201 }, () => tokens.issue())
    expect(tokens.redeem(issued[0] ?? '')).toBe(false)
    expect(tokens.redeem(issued[1] ?? '')).toBe(true)
  })
})

describe('the first form', () => {
  test.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://evil.example' }],
    ['the same host by https', { origin: 'https://localhost' }],
    ['the host by another name', { origin: 'http://127.0.0.1:1' }],
    ['a hidden origin', { origin: 'null' }],
    ['nowhere', {}],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour, as the browser says', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    [
      'another site, whatever else it says',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
  ])('from %s is refused, and its token is not used up', async (_, headers) => {
    const { user_code } = await code()
    const token = await freshToken()
    const answer = await post(headers, { user_code, token })
    expect(answer.statusCode).toBe(403)
    expect(answer.body).not.toContain(user_code)
    expect((await sendForm(page(), { user_code, token })).statusCode).toBe(200)
  })

  test('without an origin is taken where the browser says that it is its own', async () => {
    const { user_code } = await code()
    const answer = await post({ 'sec-fetch-site': 'same-origin' }, { user_code, token: await freshToken() })
    expect(answer.statusCode).toBe(200)
  })

  test.each(['applications', 'servicePrincipals'])(
    'of a client whose entry in %s is gone since finds nothing to decide',
    async (kind) => {
      const { body: app } = await graph('POST', '/applications', {
        displayName: 'soon gone',
        isFallbackPublicClient: true,
      })
      await graph('POST', '/servicePrincipals', { appId: app.appId })
      const { user_code } = await code(app.appId)
      const { body } = await graph('GET', `/${kind}(appId='${app.appId}')`)
      if (kind === 'servicePrincipals') await graph('DELETE', `/${kind}/${body.id}`)
      else await graph('DELETE', `/applications/${app.id}`)
      const answer = await sendForm(page(), { user_code, token: await freshToken() })
      expect(answer.statusCode).toBe(404)
      expect(answer.body).toContain('That code is not known, or has expired.')
    },
  )

  test('of a client whose application is gone, and its service principal not yet, finds nothing to decide', async () => {
    const { body: app } = await graph('POST', '/applications', {
      displayName: 'going',
      isFallbackPublicClient: true,
    })
    await graph('POST', '/servicePrincipals', { appId: app.appId })
    const { user_code } = await code(app.appId)
    // The issuer sees the first change of each after a minute: of the application half a minute sooner.
    await admin('PATCH', '/settings', { propagationDelayMs: 60_000 })
    await graph('PATCH', `/applications/${app.id}`, { displayName: 'gone' })
    await admin('PUT', '/clock', { advanceMs: 30_000 })
    await graph('DELETE', `/applications/${app.id}`)
    await admin('PUT', '/clock', { advanceMs: 31_000 })
    const answer = await sendForm(page(), { user_code, token: await freshToken() })
    await admin('PATCH', '/settings', { propagationDelayMs: 0 })
    await admin('PUT', '/clock', { offsetMs: 0 })
    expect(answer.statusCode).toBe(404)
    expect(answer.body).toContain('That code is not known, or has expired.')
  })

  test('of a code that has expired finds nothing to decide', async () => {
    const { user_code } = await code()
    await admin('PUT', '/clock', { advanceMs: 900_000 })
    const { statusCode } = await sendForm(page(), { user_code, token: await freshToken() })
    await admin('PUT', '/clock', { offsetMs: 0 })
    expect(statusCode).toBe(404)
  })

  test('leads to one where the first user is chosen, and no other', async () => {
    const { user_code } = await code()
    const { body } = await sendForm(page(), { user_code, token: await freshToken() })
    const chosen = [...body.matchAll(/name="user" value="([^"]*)"( checked)?>/g)]
    expect(chosen.map(([, id, checked]) => [id, checked !== undefined])).toEqual(
      tenant().users.map(({ id }, index) => [id, index === 0]),
    )
  })

  test('puts in the log why a code was not taken, and of the page itself nothing', async () => {
    log.length = 0
    await sendForm(page(), { user_code: 'BCDFGHJKL', token: await freshToken() })
    expect(log.map(({ status, reason }) => ({ status, reason }))).toEqual([
      { status: 200, reason: undefined },
      { status: 404, reason: 'That code is not known, or has expired.' },
    ])
  })

  test('shows no alert before anything was wrong', async () => {
    expect((await openPage(page())).body).not.toContain('role="alert"')
  })

  test('of a code that nobody asked for shows the first page again, with a new token', async () => {
    const answer = await sendForm(page(), { user_code: 'BCDFGHJKL', token: await freshToken() })
    expect(answer.statusCode).toBe(404)
    expect(hidden(answer.body, 'token')).not.toBe('')
    expect(answer.body).toContain('role="alert"')
  })
})

describe('the decision', () => {
  const decide = (fields: Record<string, string>) => sendForm(`${page()}/decision`, fields)
  async function asked() {
    const { user_code, device_code } = await code()
    const second = await sendForm(page(), { user_code, token: await freshToken() })
    const fields = { user_code, token: hidden(second.body, 'token'), user: tenant().users[0]?.id ?? '' }
    return { device_code, fields }
  }

  test.each<[string, Record<string, string>]>([
    ['a token of no page', { token: 'made-up', decision: 'approve' }],
    ['nobody', { user: '', decision: 'approve' }],
    ['somebody who is not here', { user: '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10', decision: 'approve' }],
    ['neither yes nor no', { decision: '' }],
    ['yes in another letter case', { decision: 'Approve' }],
  ])('by %s is refused, and nothing is decided', async (_, change) => {
    const { device_code, fields } = await asked()
    const { statusCode, headers } = await decide({ ...fields, ...change })
    expect(statusCode).toBe(403)
    expect(headers['content-security-policy']).toContain("form-action 'self'")
    expect(await stateOf(device_code)).toBe('authorization_pending')
  })

  test('is made once: a second one finds nothing to decide', async () => {
    const { device_code, fields } = await asked()
    expect((await decide({ ...fields, decision: 'deny' })).statusCode).toBe(200)
    const again = { ...fields, token: await freshToken(), decision: 'approve' }
    expect((await decide(again)).statusCode).toBe(404)
    expect(await stateOf(device_code)).toBe('authorization_declined')
  })

  test('may be no without saying who', async () => {
    const { device_code, fields } = await asked()
    expect((await decide({ ...fields, user: '', decision: 'deny' })).statusCode).toBe(200)
    expect(await stateOf(device_code)).toBe('authorization_declined')
  })
})

describe('the pages', () => {
  test('may not be kept, framed, or load from elsewhere', async () => {
    const { headers } = await openPage(page())
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('take no form of more than 256 KiB', async () => {
    const answer = await sendForm(page(), { user_code: 'x'.repeat(300_000), token: await freshToken() })
    expect(answer.statusCode).toBe(413)
    expect(answer.body).not.toContain('xxx')
  })

  test('take no preflight', async () => {
    const { statusCode, headers } = await got(page(), {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      throwHttpErrors: false,
    })
    expect(statusCode).toBe(405)
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  test('answer for loopback only', async () => {
    for (const host of [
      'evil.example',
      'login.microsoftonline.com',
      `localhost.evil.example:${tenant().ports.pages}`,
    ]) {
      const { statusCode } = await got(page(), { headers: { host }, throwHttpErrors: false })
      expect(statusCode).toBe(421)
    }
  })

  test('show an app’s name as text, whatever it is called', async () => {
    const { body } = await openPage(`${page()}?user_code=${encodeURIComponent('"><img src=x>')}`)
    expect(body).not.toContain('<img')
  })

  test('lead through to the end with nothing but forms, and the consent is kept for that user', async () => {
    const { user_code, device_code } = await code()
    const consents = async () => (await graph('GET', '/oauth2PermissionGrants')).body.value
    const before = await consents()
    expect((await visit(page(), user_code)).body).toContain('You are signed in as')
    expect(await stateOf(device_code)).toBeUndefined()
    const principalId = tenant().users[0]?.id
    expect([before, await consents()]).toMatchObject([[], [{ principalId, scope: 'ToDoList.Read' }]])
  })

  test('are at these addresses and at no other, and take these methods', async () => {
    const answers = ['/device', '/devices', '/'].map(async (path) => {
      const url = `http://localhost:${tenant().ports.pages}${path}`
      const { statusCode, headers } = await got.put(url, { throwHttpErrors: false })
      return { statusCode, allow: headers.allow }
    })
    expect(await Promise.all(answers)).toEqual([
      { statusCode: 405, allow: 'GET, POST' },
      { statusCode: 404, allow: undefined },
      { statusCode: 404, allow: undefined },
    ])
  })
})
