import { ManagedIdentityCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'
import got from 'got'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()

describe('the managed identity endpoint', () => {
  beforeAll(() => {
    vi.stubEnv('IDENTITY_ENDPOINT', tenant().identityEndpoint)
    vi.stubEnv('IDENTITY_HEADER', tenant().identityHeader)
  })
  afterAll(() => {
    vi.unstubAllEnvs()
  })

  test('opens the vault for ManagedIdentityCredential, as on App Service', async () => {
    const options = { disableChallengeResourceVerification: true, tlsOptions: { ca: tenant().caPem } }
    const client = new CertificateClient(tenant().vaultUrl, new ManagedIdentityCredential(), options)
    expect((await client.getCertificate(tenant().vaultCertificateName)).name).toBe(
      tenant().vaultCertificateName,
    )
  })

  const get = (query: Record<string, string>, header: string = tenant().identityHeader) =>
    got(tenant().identityEndpoint, {
      searchParams: { 'api-version': '2019-08-01', resource: 'https://vault.azure.net', ...query },
      headers: { 'x-identity-header': header },
      throwHttpErrors: false,
      retry: { limit: 0 },
      responseType: 'json',
    })

  test('answers in App Service’s shape, with a v1.0 token of the identity’s own', async () => {
    const { statusCode, body } = await get({})
    expect(statusCode).toBe(200)
    const { access_token, expires_on, ...rest } = body as Record<string, string>
    expect(rest).toMatchObject({ token_type: 'Bearer', resource: 'https://vault.azure.net' })
    expect(Number(expires_on)).toBeGreaterThan(Date.now() / 1000 + 3500)
    expect(claimsOf(access_token ?? '')).toMatchObject({
      aud: 'https://vault.azure.net',
      appidacr: '2',
      appid: rest.client_id,
    })
  })

  test.each<[string, Record<string, string>, string | undefined, number]>([
    ['no header', {}, '', 401],
    ['a wrong header', {}, 'wrong', 401],
    ['another api-version', { 'api-version': '2017-09-01' }, undefined, 400],
    ['an unknown resource', { resource: 'https://unknown.example' }, undefined, 400],
    ['no resource', { resource: '' }, undefined, 400],
    ['another identity', { client_id: '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10' }, undefined, 400],
  ])('refuses %s', async (_, query, header, status) => {
    const { statusCode, body } = await get(query, header)
    expect({ statusCode, shape: Object.keys(body as object) }).toEqual({
      statusCode: status,
      shape: ['statusCode', 'message'],
    })
  })

  test('is for loopback names only', async () => {
    const { statusCode } = await got(tenant().identityEndpoint, {
      headers: { host: 'evil.example', 'x-identity-header': tenant().identityHeader },
      throwHttpErrors: false,
      retry: { limit: 0 },
    })
    expect(statusCode).toBe(421)
  })
})
