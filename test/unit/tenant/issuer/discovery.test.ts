import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { ask } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const discovery = (name: string) =>
  ask(tenant(), `${new URL(tenant().authority).origin}/${name}/v2.0/.well-known/openid-configuration`)

describe('discovery', () => {
  test('has the fields of Entra’s document, and no others', async () => {
    const { status, body, headers } = await discovery(tenant().tenantId)
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('max-age=86400, private')
    expect(Object.keys(body).toSorted()).toEqual(
      [
        ...['authorization_endpoint', 'claims_supported', 'cloud_graph_host_name', 'cloud_instance_name'],
        ...['device_authorization_endpoint', 'end_session_endpoint', 'frontchannel_logout_supported'],
        ...[
          'http_logout_supported',
          'id_token_signing_alg_values_supported',
          'issuer',
          'jwks_uri',
          'kerberos_endpoint',
        ],
        ...['msgraph_host', 'rbac_url', 'request_uri_parameter_supported', 'response_modes_supported'],
        ...['response_types_supported', 'scopes_supported', 'subject_types_supported', 'tenant_region_scope'],
        ...['token_endpoint', 'token_endpoint_auth_methods_supported', 'userinfo_endpoint'],
      ].toSorted(),
    )
    expect(body).toMatchObject({
      ...{ issuer: tenant().issuer, token_endpoint: tenant().tokenEndpoint },
      ...{ request_uri_parameter_supported: false, http_logout_supported: true },
      ...{ frontchannel_logout_supported: true, cloud_instance_name: new URL(tenant().authority).host },
    })
  })

  test('answers for the name that is asked, whichever was asked before', async () => {
    const { port } = new URL(tenant().authority)
    const endpoint = async (host: string, name: string) => {
      const url = `https://${host}:${port}/${name}/v2.0/.well-known/openid-configuration`
      return (await ask(tenant(), url)).body.token_endpoint
    }
    for (const host of ['localhost', '127.0.0.1', 'localhost']) {
      for (const name of [tenant().tenantId, 'contoso.onmicrosoft.com', tenant().tenantId]) {
        expect(await endpoint(host, name)).toBe(`https://${host}:${port}/${name}/oauth2/v2.0/token`)
      }
    }
  })

  test('keeps the tenant’s name in the endpoints, and its id in the issuer', async () => {
    const { body } = await discovery('contoso.onmicrosoft.com')
    expect(body.issuer).toBe(tenant().issuer)
    expect(body.token_endpoint).toContain('/contoso.onmicrosoft.com/oauth2/v2.0/token')
  })

  test('an unknown tenant is invalid_tenant', async () => {
    const { status, body } = await discovery('other.onmicrosoft.com')
    expect({ status, error: body.error, codes: body.error_codes }).toEqual({
      status: 400,
      error: 'invalid_tenant',
      codes: [90002],
    })
  })

  test('a malformed tenant is not', async () => {
    const { body } = await discovery('not_a_tenant')
    expect({ error: body.error, codes: body.error_codes }).toEqual({
      error: 'invalid_request',
      codes: [900023],
    })
  })
})

test('the device code endpoint of an unknown tenant is refused, as its token endpoint is', async () => {
  const url = tenant().tokenEndpoint.replace(tenant().tenantId, 'other.onmicrosoft.com')
  const body = new URLSearchParams({
    ...{ client_id: tenant().publicClient.appId, scope: 'openid', grant_type: 'client_credentials' },
  })
  for (const at of [url, url.replace(/token$/, 'devicecode')])
    expect((await ask(tenant(), at, { body })).body).toMatchObject({
      ...{ error: 'invalid_request', error_codes: [90002] },
    })
})

describe('the token endpoint', () => {
  test('a body that is too large is refused', async () => {
    const body = new URLSearchParams({ grant_type: 'x'.repeat(300_000) })
    const { status, body: answer } = await ask(tenant(), tenant().tokenEndpoint, { body })
    expect({ status, codes: answer.error_codes }).toEqual({ status: 413, codes: [900561] })
  })

  test('takes POST only', async () => {
    const { status, headers } = await ask(tenant(), tenant().tokenEndpoint)
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'POST' })
  })
})
