import type { IncomingMessage, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it } from 'vitest'
import { signAssertion } from '../../../../cli/auth/assertion.ts'
import type { Authority } from '../../../../cli/auth/authority.ts'
import { acquireToken, authorityOptions, type Credential } from '../../../../cli/auth/msal.ts'
import { createHttp } from '../../../../cli/http.ts'
import { clientCertificate, loadCertificate } from '../../../../core/certificate.ts'
import { AppError, type ErrorCode } from '../../../../core/errors.ts'
import type { ExchangeRecord } from '../../../../tenant/server.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { freePort } from '../../../support/ports.ts'
import { withTenant } from '../../../support/tenant.ts'
import { claimsOf } from '../../../support/tenant-client.ts'
import { startWebServer, type Tls, tlsFor } from '../../../support/web-server.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const CLIENT_ID = '66666666-2222-4333-8444-555555555555'
const SCOPE = 'api://77777777-2222-4333-8444-555555555555/.default'

const asked: ExchangeRecord[] = []
const tenant = withTenant({ onLog: (record) => asked.push(record) })

const http = (caPem: string | undefined, proxyEnv: Record<string, string> = {}) =>
  createHttp({ caPem, proxyEnv, timeoutMs: 5000, signal: new AbortController().signal, trace: () => {} })

const loopback = (url: string): Authority => ({
  url,
  host: new URL(url).host,
  tenant: new URL(url).pathname.slice(1),
  kind: 'loopback',
})

describe('from the local tenant', () => {
  const acquire = (credential: Credential) =>
    acquireToken(
      {
        authority: loopback(tenant().authority),
        clientId: tenant().client.appId,
        scope: tenant().api.scope,
        credential,
      },
      http(tenant().caPem),
    )
  const assertion = async (
    alg: 'PS256' | 'RS256',
    pem = tenant().client.certificatePem,
  ): Promise<Credential> => {
    const certificate = clientCertificate(await loadCertificate(Buffer.from(pem), { origin: 'daemon.pem' }))
    const clientId = tenant().client.appId
    return {
      signAssertion: async (tokenEndpoint) => ({
        assertion: await signAssertion(certificate, { clientId, tokenEndpoint, alg }),
        origin: certificate.origin,
      }),
    }
  }

  it('a secret gives a token, with one request for the metadata and one for the token', async () => {
    asked.length = 0
    const { token, expiresAt } = await acquire({ secret: tenant().client.secret })
    expect(claimsOf(token)).toMatchObject({ aud: tenant().api.appId, azpacr: '1' })
    expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 30 * 60_000)
    expect(asked.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)).toEqual([
      'GET openid-configuration',
      'POST token',
    ])
  })

  it.each(['PS256', 'RS256'] as const)('an assertion signed with %s gives a token', async (alg) => {
    const { token } = await acquire(await assertion(alg))
    expect(claimsOf(token)).toMatchObject({ azpacr: '2' })
  })

  it('a wrong secret is refused with its AADSTS code, once', async () => {
    asked.length = 0
    const error = await appError('issuer-refused', () => acquire({ secret: 'wrong' }))
    expect(error.serviceCode).toBe('AADSTS7000215')
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('a certificate that is not registered is named in the command that registers it', async () => {
    const keys = await rsaKeys()
    const pem = pkcs8(keys.privateKey) + certificateFor(keys)
    const error = await appError('issuer-refused', async () => acquire(await assertion('PS256', pem)))
    expect(error.serviceCode).toBe('AADSTS700027')
    expect(error.hint).toContain('todo-cli app credential add daemon.pem')
  })

  it('what signing throws comes out as it was, and no token is asked for', async () => {
    asked.length = 0
    const denied = new AppError('vault-refused', 'the vault denies keys sign')
    const failing: Credential = { signAssertion: () => Promise.reject(denied) }
    await expect(acquire(failing)).rejects.toBe(denied)
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([])
  })
})

describe('under the names of the cloud, through a proxy', () => {
  const through = async (authority: Authority) => {
    const proxy = await startConnectProxy(() => tenant().ports.issuer)
    const client = http(tenant().caPem, { HTTPS_PROXY: proxy.url })
    const request = {
      authority,
      clientId: tenant().client.appId,
      scope: tenant().api.scope,
      credential: { secret: tenant().client.secret },
    }
    const token = await acquireToken(request, client).finally(() => client.close())
    await proxy.close()
    return { token, asked: [...new Set(proxy.asked)] }
  }

  it('the public cloud is asked for the token alone: MSAL knows its metadata', async () => {
    const { tenantId } = tenant()
    asked.length = 0
    const url = `https://login.microsoftonline.com/${tenantId}`
    const { token, asked: hosts } = await through({
      url,
      host: 'login.microsoftonline.com',
      tenant: tenantId,
      kind: 'cloud',
    })
    expect(token.token).toMatch(/^ey/)
    expect(hosts).toEqual(['login.microsoftonline.com:443'])
    expect(asked.map(({ method }) => method)).toEqual(['POST'])
  })

  it('External ID by its subdomain needs no allowance but discovery', async () => {
    const host = 'contoso.ciamlogin.com'
    const named: Authority = {
      url: `https://${host}/contoso.onmicrosoft.com`,
      host,
      tenant: 'contoso.onmicrosoft.com',
      kind: 'external-id',
    }
    const { token, asked: hosts } = await through(named)
    expect(claimsOf(token.token).tid).toBe(tenant().tenantId)
    expect(hosts.every((each) => each.endsWith('.ciamlogin.com:443'))).toBe(true)
  })
})

describe('the allowances of an authority', () => {
  const { ID, host } = { ID: TENANT, host: 'contoso.ciamlogin.com' }
  /** An issuer that names itself as each would; no request is sent anywhere. */
  const answering = (issuer: string, origin: string) => {
    const endpoint = `${origin}/${ID}/oauth2/v2.0/token`
    const urls: string[] = []
    return {
      urls,
      close: () => {},
      send: async (_service: string, { url }: { url: string }) => {
        urls.push(url)
        return { status: 200, headers: {}, body: JSON.stringify({ issuer, token_endpoint: endpoint }) }
      },
    }
  }

  it('are made for loopback, which no cloud vouches for', async () => {
    const origin = 'https://localhost:8443'
    const options = await authorityOptions(
      loopback(`${origin}/${ID}`),
      answering(`${origin}/${ID}/v2.0`, origin),
    )
    expect(options).toMatchObject({ authority: `${origin}/${ID}`, knownAuthorities: ['localhost:8443'] })
  })

  it('are not made for External ID, whose issuer was judged', async () => {
    const external = answering(`https://${ID}.ciamlogin.com/${ID}/v2.0`, `https://${host}`)
    const authority = {
      url: `https://${host}/contoso.onmicrosoft.com`,
      host,
      tenant: 'contoso.onmicrosoft.com',
    }
    const options = await authorityOptions({ ...authority, kind: 'external-id' }, external)
    expect(options).toEqual({
      authority: `https://${host}/${ID}`,
      authorityMetadata: expect.stringContaining(ID) as string,
    })
  })

  it.each(['cloud', 'other'] as const)(
    'are not made for a host that is "%s", nor is it asked',
    async (kind) => {
      const nobody = answering('', '')
      const url = `https://login.example.com/${ID}`
      const options = await authorityOptions({ url, host: 'login.example.com', tenant: ID, kind }, nobody)
      expect([options, nobody.urls]).toEqual([{ authority: url }, []])
    },
  )
})

describe('an issuer that does not do its work', () => {
  let tls: Tls
  beforeAll(async () => {
    tls = await tlsFor('localhost')
  })

  const AT_ONCE = { 'retry-after': new Date(0).toUTCString() }
  const good = { token_type: 'Bearer', expires_in: 3599, access_token: 'eyJ.eyJ.sig' }
  type Answer = (request: IncomingMessage) => { status?: number; body: unknown } | undefined

  /** A real issuer whose token endpoint gives these answers in turn, the last one for ever; undefined cuts the connection. */
  async function issuer(...answers: Answer[]) {
    let posts = 0
    const listener: RequestListener = (request, response) => {
      const { origin } = server
      const metadata = {
        issuer: `${origin}/${TENANT}/v2.0`,
        token_endpoint: `${origin}/${TENANT}/oauth2/v2.0/token`,
      }
      if (request.method === 'GET') {
        response.end(JSON.stringify({ ...metadata, authorization_endpoint: origin, jwks_uri: origin }))
        return
      }
      const answer = answers[Math.min(posts, answers.length - 1)]?.(request)
      posts += 1
      if (answer === undefined) request.socket.destroy()
      else {
        response.writeHead(answer.status ?? 200, { ...AT_ONCE, 'content-type': 'application/json' })
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
      }
    }
    const server = await startWebServer(listener, tls)
    const authority = loopback(`${server.origin}/${TENANT}`)
    const acquire = (caPem: string | undefined = tls.cert) =>
      acquireToken(
        { authority, clientId: CLIENT_ID, scope: SCOPE, credential: { secret: 'hunter2' } },
        http(caPem),
      )
    return { acquire, posts: () => posts, server }
  }

  it.each([429, 503])('now and then: after one %i the token is got', async (status) => {
    const { acquire, posts } = await issuer(
      () => ({ status, body: '' }),
      () => ({ body: good }),
    )
    expect((await acquire()).token).toBe(good.access_token)
    expect(posts()).toBe(2)
  })

  it.each([429, 500, 502, 503])('at all: %i stays the reason', async (status) => {
    const { acquire } = await issuer(() => ({ status, body: '' }))
    expect((await appError('issuer-unreachable', acquire)).message).toBe(`the issuer answers ${status}`)
  })

  const wrong: readonly (readonly [string, ErrorCode, Answer])[] = [
    ['a page', 'issuer-invalid', () => ({ body: '<html>' })],
    ['nothing', 'issuer-invalid', () => ({ body: '' })],
    ['a list', 'issuer-invalid', () => ({ body: [] })],
    ['no token', 'issuer-invalid', () => ({ body: { token_type: 'Bearer', expires_in: 3599 } })],
    ['a redirect', 'issuer-invalid', () => ({ status: 302, body: '' })],
    ['an error without a code', 'issuer-refused', () => ({ status: 400, body: { error: 'invalid_client' } })],
  ]
  it.each(wrong)('but gives %s: %s', async (_, code, answer) => {
    const { acquire } = await issuer(answer)
    const error = await appError(code, acquire)
    expect(error.message).not.toMatch(/endpoints_resolution_error|network_error/)
    expect(error.hint).toBeTruthy()
  })

  it('because its CA is not known', async () => {
    const { acquire, server } = await issuer(() => ({ body: good }))
    const other = await tlsFor('elsewhere.example')
    await appError('tls-untrusted', () => acquire(other.cert))
    expect(server.requests).toEqual([])
  })

  it('because it is not there', async () => {
    const authority = loopback(`https://localhost:${await freePort()}/${TENANT}`)
    const request = { authority, clientId: CLIENT_ID, scope: SCOPE, credential: { secret: 'x' } }
    const error = await appError('issuer-unreachable', () => acquireToken(request, http(undefined)))
    expect(error.message).toMatch(/nothing listens there/)
  })

  it('and is of another host: the reason is not lost where MSAL asks for the metadata itself', async () => {
    const proxy = await startConnectProxy(() => undefined)
    const url = `https://login.example.com/${TENANT}`
    const authority: Authority = { url, host: 'login.example.com', tenant: TENANT, kind: 'other' }
    const request = { authority, clientId: CLIENT_ID, scope: SCOPE, credential: { secret: 'x' } }
    const error = await appError('issuer-unreachable', () =>
      acquireToken(request, http(undefined, { HTTPS_PROXY: proxy.url })),
    )
    expect(error.message).toMatch(/the proxy \(HTTPS_PROXY\) refused the connection/)
    await proxy.close()
  })

  it('gets the secret in the body alone, never in an address or a header', async () => {
    let body: Promise<string> | undefined
    const { acquire, server } = await issuer((request) => {
      body = text(request)
      return { body: good }
    })
    await acquire()
    expect(await body).toContain('client_secret=hunter2')
    for (const { url, rawHeaders } of server.requests) expect(`${url}${rawHeaders}`).not.toContain('hunter2')
  })
})
