import { createPrivateKey, X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { ConfidentialClientApplication, type INetworkModule, type NodeAuthOptions } from '@azure/msal-node'
import got from 'got'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { Tenant } from '../../tenant/server.ts'
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts'
import { withTenant } from '../support/tenant.ts'
import { certificateOf, claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()

/** MSAL's requests by got, which trusts the tenant's CA, and goes through a proxy where there is one. */
function network({ caPem }: Tenant, proxy?: ConnectProxy): INetworkModule {
  const agent = proxy && { https: new Agent({ proxyEnv: { HTTPS_PROXY: proxy.url }, ca: caPem }) }
  const client = got.extend({
    https: { certificateAuthority: caPem },
    ...(agent ? { agent } : {}),
    throwHttpErrors: false,
    responseType: 'json',
    retry: { limit: 0 },
  })
  const send = async <T>(
    method: 'GET' | 'POST',
    url: string,
    options: Parameters<INetworkModule['sendPostRequestAsync']>[1],
  ) => {
    const { statusCode, headers, body } = await client<T>(url, {
      method,
      ...(options?.headers ? { headers: options.headers } : {}),
      ...(options?.body ? { body: options.body } : {}),
    })
    const flat = Object.entries(headers).map(([name, value]) => [name, String(value)])
    return { status: statusCode, headers: Object.fromEntries(flat), body }
  }
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
}

const acquire = async (auth: Partial<NodeAuthOptions>, proxy?: ConnectProxy) => {
  const { client, authority, api } = tenant()
  const app = new ConfidentialClientApplication({
    auth: { clientId: client.appId, authority, ...auth },
    system: { networkClient: network(tenant(), proxy) },
  })
  return app.acquireTokenByClientCredential({ scopes: [api.scope] })
}

const known = () => ({ knownAuthorities: [new URL(tenant().authority).host] })
const thumbprints = () =>
  thumbprintsOf(new X509Certificate(certificateOf(tenant().client.certificatePem)).raw)
const privateKey = () =>
  createPrivateKey(tenant().client.certificatePem).export({ type: 'pkcs8', format: 'pem' }).toString()

describe('MSAL Node', () => {
  test('gets a token with a secret', async () => {
    const result = await acquire({ ...known(), clientSecret: tenant().client.secret })
    expect(claimsOf(result?.accessToken ?? '')).toMatchObject({ aud: tenant().api.appId, azpacr: '1' })
  })

  test('gets a token with a certificate by its SHA-256 thumbprint', async () => {
    const clientCertificate = { privateKey: privateKey(), thumbprintSha256: thumbprints().sha256 }
    const result = await acquire({ ...known(), clientCertificate })
    expect(claimsOf(result?.accessToken ?? '')).toMatchObject({ azpacr: '2' })
  })

  test('gets a token with a certificate by its SHA-1 thumbprint, and x5c', async () => {
    const x5c = certificateOf(tenant().client.certificatePem)
    const clientCertificate = { privateKey: privateKey(), thumbprint: thumbprints().sha1, x5c }
    expect((await acquire({ ...known(), clientCertificate }))?.accessToken).toMatch(/^ey/)
  })

  test('shows the code of a refusal', async () => {
    await expect(acquire({ ...known(), clientSecret: 'wrong' })).rejects.toMatchObject({
      errorCode: 'invalid_client',
      errorNo: 7000215,
      status: 401,
    })
  })

  test('shows a certificate that is not registered as AADSTS700027', async () => {
    const clientCertificate = { privateKey: privateKey(), thumbprintSha256: 'A'.repeat(64) }
    await expect(acquire({ ...known(), clientCertificate })).rejects.toThrow(
      /AADSTS700027: The certificate with identifier/,
    )
  })
})

describe('under the names of External ID', () => {
  let proxy: ConnectProxy
  beforeAll(async () => {
    proxy = await startConnectProxy((name) =>
      name.endsWith('.ciamlogin.com') ? tenant().ports.issuer : undefined,
    )
  })
  afterAll(async () => {
    await proxy.close()
  })
  const throughProxy = async (url: string) => {
    const https = new Agent({ proxyEnv: { HTTPS_PROXY: proxy.url }, ca: tenant().caPem })
    const { body } = await got(url, {
      agent: { https },
      https: { certificateAuthority: tenant().caPem },
      responseType: 'json',
      retry: { limit: 0 },
    })
    return body
  }

  test.each(['id', 'domain'])('discovery by the tenant’s %s names the issuer by its id', async (form) => {
    const { tenantId } = tenant()
    const path = form === 'id' ? tenantId : 'contoso.onmicrosoft.com'
    const document = await throughProxy(
      `https://contoso.ciamlogin.com/${path}/v2.0/.well-known/openid-configuration`,
    )
    expect(document).toMatchObject({
      issuer: `https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`,
      token_endpoint: `https://contoso.ciamlogin.com/${path}/oauth2/v2.0/token`,
      jwks_uri: `https://contoso.ciamlogin.com/${path}/discovery/v2.0/keys`,
    })
  })

  test('MSAL gets a token from the tenant’s own host, with no allowance but the CA', async () => {
    const { tenantId, client } = tenant()
    const authority = `https://${tenantId}.ciamlogin.com/${tenantId}/`
    const result = await acquire({ authority, clientSecret: client.secret }, proxy)
    expect(claimsOf(result?.accessToken ?? '').iss).toBe(`https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`)
    expect(proxy.asked).toContain(`${tenantId}.ciamlogin.com:443`)
    expect(proxy.asked.filter((target) => !target.endsWith('.ciamlogin.com:443'))).toEqual([])
  })

  test('a name outside is not led to the tenant', async () => {
    await expect(throughProxy('https://example.org/')).rejects.toThrow()
  })
})
