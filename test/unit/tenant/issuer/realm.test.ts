import { describe, expect, test } from 'vitest'
import { isGuid, realmOf } from '../../../../tenant/issuer/realm.ts'

const ID = '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10'
const NAMES = { tenantId: ID, initialDomain: 'contoso.onmicrosoft.com' }
const LOCAL = 'https://localhost:8443'
const realm = (host: string, tenant: string) => realmOf(NAMES, LOCAL, host, tenant)

describe('a realm', () => {
  test.each([
    ['localhost:8443', ID, `${LOCAL}/${ID}/v2.0`],
    ['localhost:8443', ID.toUpperCase(), `${LOCAL}/${ID}/v2.0`],
    ['localhost:8443', 'contoso.onmicrosoft.com', `${LOCAL}/${ID}/v2.0`],
    ['127.0.0.1:8443', ID, `${LOCAL}/${ID}/v2.0`],
    ['localhost:8443', 'common', `${LOCAL}/{tenantid}/v2.0`],
    ['login.microsoftonline.com', ID, `https://login.microsoftonline.com/${ID}/v2.0`],
    ['login.windows.net', ID, `https://login.microsoftonline.com/${ID}/v2.0`],
    ['login.microsoftonline.com', 'organizations', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
    ['contoso.ciamlogin.com', ID, `https://${ID}.ciamlogin.com/${ID}/v2.0`],
    ['contoso.ciamlogin.com:443', 'contoso.onmicrosoft.com', `https://${ID}.ciamlogin.com/${ID}/v2.0`],
    ['fabrikam.ciamlogin.com', 'fabrikam.onmicrosoft.com', `https://${ID}.ciamlogin.com/${ID}/v2.0`],
    [`${ID}.ciamlogin.com`, ID, `https://${ID}.ciamlogin.com/${ID}/v2.0`],
  ])('at %s/%s has the issuer %s', (host, tenant, issuer) => {
    expect(realm(host, tenant)).toMatchObject({ issuer, tenant, tenantId: ID })
  })

  test.each([
    ['localhost:8443', ID, { external: false, multiTenant: false }],
    ['localhost:8443', 'common', { external: false, multiTenant: true }],
    ['login.microsoftonline.com', ID, { external: false, multiTenant: false }],
    ['contoso.ciamlogin.com', ID, { external: true, multiTenant: false }],
    ['contoso.ciamlogin.com', 'Common', { external: true, multiTenant: true }],
  ])('at %s/%s is %j', (host, tenant, kind) => {
    expect(realm(host, tenant)).toMatchObject(kind)
  })

  test('takes an assertion for its token endpoint by either name of the tenant, and for its issuer', () => {
    const { audiences } = realm('localhost:8443', 'contoso.onmicrosoft.com')
    expect(audiences).toEqual([
      `${LOCAL}/contoso.onmicrosoft.com/oauth2/v2.0/token`,
      `${LOCAL}/contoso.onmicrosoft.com/oauth2/token`,
      `${LOCAL}/${ID}/oauth2/v2.0/token`,
      `${LOCAL}/${ID}/oauth2/token`,
      `${LOCAL}/${ID}/v2.0`,
    ])
  })

  test('keeps the host that was asked in its endpoints', () => {
    expect(realm('127.0.0.1:8443', ID).origin).toBe('https://127.0.0.1:8443')
    expect(realm('login.windows.net', ID).origin).toBe('https://login.windows.net')
    expect(realm('contoso.ciamlogin.com:443', ID).origin).toBe('https://contoso.ciamlogin.com')
  })

  test.each([
    ['localhost:8443', '00000000-0000-0000-0000-000000000001', 90002],
    ['localhost:8443', 'fabrikam.onmicrosoft.com', 90002],
    ['contoso.ciamlogin.com', 'fabrikam.onmicrosoft.com', 90002],
    ['a.fabrikam.ciamlogin.com', 'fabrikam.onmicrosoft.com', 90002],
    ['fabrikam.ciamlogin.com.example', 'fabrikam.onmicrosoft.com', 90002],
    ['localhost:8443', 'undefined.onmicrosoft.com', 90002],
    ['localhost:8443', 'a.example', 90002],
    ['login.microsoftonline.com', 'example.org', 90002],
    ['localhost:8443', '', 900023],
    ['localhost:8443', 'x', 900023],
    ['localhost:8443', '-a.example', 900023],
    ['localhost:8443', 'a..example', 900023],
    ['localhost:8443', 'a b.example', 900023],
    ['localhost:8443', `${'a'.repeat(64)}.example`, 900023],
    ['localhost:8443', '1.2.3.4', 900023],
    ['localhost:8443', 'a.example_', 900023],
    ['localhost:8443', `${'a.'.repeat(124)}example`, 900023],
    ['localhost:8443', `x${ID}`, 900023],
    ['localhost:8443', 'EXAMPLE.org', 90002],
  ])('at %s/%s is refused: AADSTS%i', (host, tenant, code) => {
    expect(() => realm(host, tenant)).toThrow(expect.objectContaining({ code, status: 400 }))
  })
})

describe('isGuid', () => {
  test.each([ID, ID.toUpperCase()])('%s is one', (text) => expect(isGuid(text)).toBe(true))
  test.each(['', 'x', ID.slice(1), `x${ID}`, `${ID}0`, `{${ID}}`, ID.replaceAll('-', ''), `${ID}\n`])(
    '%j is none',
    (text) => expect(isGuid(text)).toBe(false),
  )
})
