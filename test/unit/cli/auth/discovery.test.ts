import { beforeAll, describe, expect, it } from 'vitest'
import type { Authority } from '../../../../cli/auth/authority.ts'
import { discover } from '../../../../cli/auth/discovery.ts'
import type { Http, HttpAnswer } from '../../../../cli/http.ts'
import { createHttp } from '../../../../cli/http.ts'
import { parseObject } from '../../../../cli/parse-object.ts'
import type { ErrorCode } from '../../../../core/errors.ts'
import { appError } from '../../../support/app-error.ts'
import { startWebServer, type Tls, tlsFor } from '../../../support/web-server.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const OTHER = '99999999-2222-4333-8444-555555555555'

let tls: Tls
beforeAll(async () => {
  tls = await tlsFor('localhost')
})

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** A real issuer that answers one thing, and the authority that names it. */
async function local(answer: (origin: string) => Answer, tenant = TENANT) {
  const server = await startWebServer((_, response) => {
    const { status = 200, body } = answer(server.origin)
    response.writeHead(status, { 'retry-after': new Date(0).toUTCString() })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }, tls)
  const { origin } = server
  const authority: Authority = {
    url: `${origin}/${tenant}`,
    host: new URL(origin).host,
    tenant,
    kind: 'loopback',
  }
  const signal = new AbortController().signal
  const http = createHttp({ caPem: tls.cert, proxyEnv: {}, timeoutMs: 5000, signal, trace: () => {} })
  return { server, authority, discovered: () => discover(authority, http).finally(() => http.close()) }
}

const document = (origin: string, changes: Record<string, unknown> = {}) => ({
  issuer: `${origin}/${TENANT}/v2.0`,
  token_endpoint: `${origin}/${TENANT}/oauth2/v2.0/token`,
  ...changes,
})

describe('the discovery document', () => {
  it('is asked for below the authority, and gives issuer, token endpoint and tenant', async () => {
    const { server, discovered } = await local((origin) => ({ body: document(origin) }))
    expect(await discovered()).toMatchObject({
      issuer: `${server.origin}/${TENANT}/v2.0`,
      tokenEndpoint: `${server.origin}/${TENANT}/oauth2/v2.0/token`,
      tenantId: TENANT,
    })
    expect(server.requests.map(({ url }) => url)).toEqual([
      `/${TENANT}/v2.0/.well-known/openid-configuration`,
    ])
  })

  it('gives the tenant id of a tenant that was named by its domain', async () => {
    const { discovered } = await local((origin) => ({ body: document(origin) }), 'contoso.com')
    expect((await discovered()).tenantId).toBe(TENANT)
  })

  const refused: readonly (readonly [what: string, ErrorCode, (origin: string) => Answer])[] = [
    ['is not there', 'issuer-invalid', () => ({ status: 404, body: '' })],
    ['is a page', 'issuer-invalid', () => ({ body: '<html>' })],
    ['is a list', 'issuer-invalid', () => ({ body: [] })],
    ['is null', 'issuer-invalid', () => ({ body: null })],
    ['is empty', 'issuer-invalid', () => ({ body: {} })],
    [
      'has an error of another kind',
      'issuer-invalid',
      () => ({ status: 400, body: { error: { code: 'x' } } }),
    ],
    ['redirects', 'issuer-invalid', () => ({ status: 302, body: '' })],
    [
      'has no token endpoint',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { token_endpoint: undefined }) }),
    ],
    [
      'has a token endpoint that is no address',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { token_endpoint: '/token' }) }),
    ],
    [
      'has its token endpoint on another host',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { token_endpoint: 'https://evil.example/token' }) }),
    ],
    [
      'has its token endpoint on another port',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { token_endpoint: 'https://localhost:1/token' }) }),
    ],
    [
      'has a plain token endpoint',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { token_endpoint: origin.replace('https', 'http') }) }),
    ],
    [
      'has its issuer on another host',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { issuer: `https://evil.example/${TENANT}/v2.0` }) }),
    ],
    [
      'has a plain issuer',
      'issuer-invalid',
      (origin) => ({
        body: document(origin, { issuer: `${origin.replace('https', 'http')}/${TENANT}/v2.0` }),
      }),
    ],
    [
      'has the issuer of another tenant',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { issuer: `${origin}/${OTHER}/v2.0` }) }),
    ],
    [
      'has an issuer without tenant',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { issuer: `${origin}/v2.0` }) }),
    ],
    [
      'has the template of all tenants',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { issuer: `${origin}/{tenantid}/v2.0` }) }),
    ],
    [
      'has an issuer of v1.0',
      'issuer-invalid',
      (origin) => ({ body: document(origin, { issuer: `${origin}/${TENANT}/` }) }),
    ],
    [
      'says that there is no such tenant',
      'issuer-refused',
      () => ({
        status: 400,
        body: { error: 'invalid_tenant', error_description: 'AADSTS90002: Tenant not found.' },
      }),
    ],
    ['fails', 'issuer-unreachable', () => ({ status: 500, body: '' })],
    ['fails for now', 'issuer-unreachable', () => ({ status: 503, body: '' })],
    ['is asked for too often', 'issuer-unreachable', () => ({ status: 429, body: '' })],
  ]
  it.each(refused)('that %s: %s', async (_, code, answer) => {
    const { discovered } = await local(answer)
    expect((await appError(code, discovered)).hint).toBeTruthy()
  })

  it('says which tenant does not exist by its AADSTS code', async () => {
    const body = {
      error: 'invalid_tenant',
      error_description: 'AADSTS90002: Tenant not found.',
      error_codes: [90002],
    }
    const { discovered } = await local(() => ({ status: 400, body }))
    expect((await appError('issuer-refused', discovered)).serviceCode).toBe('AADSTS90002')
  })
})

describe('External ID', () => {
  const authority: Authority = {
    url: 'https://contoso.ciamlogin.com/contoso.onmicrosoft.com',
    host: 'contoso.ciamlogin.com',
    tenant: 'contoso.onmicrosoft.com',
    kind: 'external-id',
  }
  /** The answer of a host that no test can stand on; the whole way is in tokens.test.ts, through a proxy. */
  const saying = (changes: Record<string, unknown>): Http => ({
    send: async (): Promise<HttpAnswer> => ({
      status: 200,
      headers: {},
      body: JSON.stringify({
        issuer: `https://${TENANT}.ciamlogin.com/${TENANT}/v2.0`,
        token_endpoint: `https://contoso.ciamlogin.com/${TENANT}/oauth2/v2.0/token`,
        ...changes,
      }),
    }),
    close: () => {},
  })

  it.each([
    ['on the host that was asked', {}],
    [
      "on the tenant's own",
      { token_endpoint: `https://${TENANT}.ciamlogin.com/${TENANT}/oauth2/v2.0/token` },
    ],
  ])('names its issuer by the tenant id, and its token endpoint %s', async (_, changes) => {
    expect((await discover(authority, saying(changes))).tenantId).toBe(TENANT)
  })

  it.each([
    ["of another tenant's host", { issuer: `https://${OTHER}.ciamlogin.com/${TENANT}/v2.0` }],
    ['of the host that was asked', { issuer: `https://contoso.ciamlogin.com/${TENANT}/v2.0` }],
    ['of another subdomain', { issuer: `https://evil.ciamlogin.com/${TENANT}/v2.0` }],
    ['of no tenant id', { issuer: 'https://contoso.ciamlogin.com/contoso/v2.0' }],
    ['of a host that ends alike', { issuer: `https://${TENANT}.ciamlogin.com.evil.example/${TENANT}/v2.0` }],
    ['of a port', { issuer: `https://${TENANT}.ciamlogin.com:8443/${TENANT}/v2.0` }],
    ['of Entra', { issuer: `https://login.microsoftonline.com/${TENANT}/v2.0` }],
  ])('is refused with an issuer %s', async (_, changes) => {
    await appError('issuer-invalid', () => discover(authority, saying(changes)))
  })

  it.each([
    'https://evil.ciamlogin.com/token',
    `https://${OTHER}.ciamlogin.com/token`,
    'https://login.microsoftonline.com/token',
  ])('is refused with the token endpoint %s', async (token_endpoint) => {
    await appError('issuer-invalid', () => discover(authority, saying({ token_endpoint })))
  })

  it('is refused where it answers for another tenant than the authority names', async () => {
    const named = { ...authority, tenant: OTHER, url: `https://contoso.ciamlogin.com/${OTHER}` }
    await appError('issuer-invalid', () => discover(named, saying({})))
  })
})

describe('parseObject', () => {
  it.each(['', 'null', '[]', '1', '"x"', '{', '<html>'])('takes %j for no object', (body) => {
    expect(parseObject(body)).toBeUndefined()
  })
})
