import { describe, expect, it } from 'vitest'
import { authorityOf } from '../../../../cli/auth/authority.ts'
import { resolveSettings, SETTINGS } from '../../../../cli/settings.ts'
import { appError } from '../../../support/app-error.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const authority = (authority?: string, tenantId?: string) =>
  authorityOf(resolveSettings(SETTINGS, { flags: { authority, tenantId }, env: {} }))

describe('the authority', () => {
  it.each([
    [
      'the public cloud, by a tenant id alone',
      undefined,
      TENANT,
      `https://login.microsoftonline.com/${TENANT}`,
      'cloud',
    ],
    [
      'the public cloud',
      `https://login.microsoftonline.com/${TENANT}`,
      undefined,
      `https://login.microsoftonline.com/${TENANT}`,
      'cloud',
    ],
    [
      'a tenant by its domain',
      'https://login.microsoftonline.com/contoso.onmicrosoft.com/',
      undefined,
      'https://login.microsoftonline.com/contoso.onmicrosoft.com',
      'cloud',
    ],
    [
      'a host and a tenant id',
      'https://login.microsoftonline.us',
      TENANT,
      `https://login.microsoftonline.us/${TENANT}`,
      'cloud',
    ],
    [
      'the tenant in the address, where both are there',
      'https://login.microsoftonline.com/contoso.com',
      TENANT,
      'https://login.microsoftonline.com/contoso.com',
      'cloud',
    ],
    [
      "the sample's: External ID with no tenant",
      'https://contoso.ciamlogin.com/',
      undefined,
      'https://contoso.ciamlogin.com/contoso.onmicrosoft.com',
      'external-id',
    ],
    [
      'External ID with a tenant',
      `https://contoso.ciamlogin.com/${TENANT}`,
      undefined,
      `https://contoso.ciamlogin.com/${TENANT}`,
      'external-id',
    ],
    [
      'External ID by its tenant id',
      `https://${TENANT}.ciamlogin.com/`,
      undefined,
      `https://${TENANT}.ciamlogin.com/${TENANT}`,
      'external-id',
    ],
    [
      'External ID and a tenant id',
      'https://contoso.ciamlogin.com',
      TENANT,
      `https://contoso.ciamlogin.com/${TENANT}`,
      'external-id',
    ],
    [
      'the local tenant',
      `https://localhost:8443/${TENANT}`,
      undefined,
      `https://localhost:8443/${TENANT}`,
      'loopback',
    ],
    [
      'the local tenant by address',
      `https://127.0.0.1:8443/${TENANT}`,
      undefined,
      `https://127.0.0.1:8443/${TENANT}`,
      'loopback',
    ],
    [
      'another host',
      `https://login.example.com/${TENANT}`,
      undefined,
      `https://login.example.com/${TENANT}`,
      'other',
    ],
  ])('can be %s', (_, address, tenantId, url, kind) => {
    expect(authority(address, tenantId)).toMatchObject({ url, kind, host: new URL(url).host })
  })

  it.each([
    ['https://ciamlogin.com.example.com', 'other'],
    ['https://notciamlogin.com', 'other'],
    ['https://localhost.example.com', 'other'],
    ['https://login.microsoftonline.com.example.com', 'other'],
  ])('%s gets no allowance', (address, kind) => {
    expect(authority(address, TENANT).kind).toBe(kind)
  })

  it('that is missing is asked for, with the local tenant as a way to begin', async () => {
    const { message, hint } = await appError('setting-missing', () => authority())
    expect(message).toMatch(/neither authority nor tenantId is set/)
    expect(hint).toMatch(
      /todo-cli local start; .*todo-cli config set tenantId TENANT_ID .*AUTHORITY or TENANT_ID/,
    )
  })

  it.each(['common', 'organizations', 'consumers', 'Common'])(
    'can not be of "%s": a daemon needs its own tenant',
    async (tenant) => {
      const { hint } = await appError('setting-invalid', () =>
        authority(`https://login.microsoftonline.com/${tenant}`),
      )
      expect(hint).toBe('write it as https://login.microsoftonline.com/TENANT_ID')
    },
  )

  it.each([
    ['no tenant', 'https://login.microsoftonline.com', 'TENANT_ID'],
    ['a version after the tenant', 'https://login.microsoftonline.com/contoso/v2.0', 'contoso'],
    ['the token endpoint', 'https://login.microsoftonline.com/contoso/oauth2/v2.0/token', 'contoso'],
    ['a tenant that is none', 'https://login.microsoftonline.com/%20', 'TENANT_ID'],
  ])('with %s is refused, and written as it should be', async (_, address, tenant) => {
    const { hint } = await appError('setting-invalid', () => authority(address))
    expect(hint).toContain(`write it as https://login.microsoftonline.com/${tenant}`)
  })

  it.each(['../x', 'a b', 'a/b', '-x', 'x?y'])('is not made of the tenant id "%s"', async (tenantId) => {
    await appError('setting-invalid', () => authority(undefined, tenantId))
  })
})
