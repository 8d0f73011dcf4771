import { expect, test } from 'vitest'
import { discoveryUrl, readMetadata } from '../../../../api/auth/issuer-metadata.ts'

const tid = '1111aaaa-2222-3333-4444-5555bbbbcccc'

const read = (authority: string, issuer: unknown, jwks_uri: unknown) =>
  readMetadata({ issuer, jwks_uri }, authority, tid)

test('discovery is below the v2.0 of the authority', () => {
  expect(discoveryUrl(`https://contoso.ciamlogin.com/${tid}`)).toBe(
    `https://contoso.ciamlogin.com/${tid}/v2.0/.well-known/openid-configuration`,
  )
})

test.each([
  ['a workforce tenant', 'login.microsoftonline.com', 'login.microsoftonline.com'],
  [
    'an external tenant asked by its name, which answers with its id',
    'contoso.ciamlogin.com',
    `${tid}.ciamlogin.com`,
  ],
  ['an external tenant asked by its id', `${tid}.ciamlogin.com`, `${tid}.ciamlogin.com`],
  ['the local tenant', 'localhost:8443', 'localhost:8443'],
])('%s', (_what, host, issuerHost) => {
  const issuer = `https://${issuerHost}/${tid}/v2.0`
  const jwks = `https://${host}/${tid}/discovery/v2.0/keys`
  expect(read(`https://${host}/${tid}`, issuer, jwks)).toEqual({ issuer, jwksUri: jwks })
})

test('plain HTTP stays on this machine', () => {
  const own = `http://127.0.0.1:8080/${tid}`
  expect(read(own, `${own}/v2.0`, `${own}/keys`)).toEqual({ issuer: `${own}/v2.0`, jwksUri: `${own}/keys` })
})

test('the letters of a tenant id do not matter', () => {
  const [issuer, jwks_uri] = [`https://${tid}.ciamlogin.com/${tid}/v2.0`, `https://${tid}.ciamlogin.com/k`]
  const authority = `https://contoso.ciamlogin.com/${tid}`
  expect(readMetadata({ issuer, jwks_uri }, authority, tid.toUpperCase()).jwksUri).toBe(jwks_uri)
  const capitals = issuer.toUpperCase().replace('HTTPS', 'https')
  expect(readMetadata({ issuer: capitals, jwks_uri }, authority, tid).issuer).toBe(capitals)
})

const keys = `https://contoso.ciamlogin.com/${tid}/keys`

test.each([
  ['an issuer elsewhere', `https://evil.example/${tid}/v2.0`, keys],
  ["another external tenant's issuer", `https://fabrikam.ciamlogin.com/${tid}/v2.0`, keys],
  ['a host that only ends like ours', `https://evil-contoso.ciamlogin.com/${tid}/v2.0`, keys],
  ['another port', `https://contoso.ciamlogin.com:444/${tid}/v2.0`, keys],
  ['another tenant in the path', 'https://contoso.ciamlogin.com/common/v2.0', keys],
  ['a tenant id inside another word', `https://contoso.ciamlogin.com/x${tid}/v2.0`, keys],
  ['an issuer without TLS', `http://contoso.ciamlogin.com/${tid}/v2.0`, keys],
  ['an issuer that is no address', 'contoso', keys],
  ['an issuer that is no string', 7, keys],
  ['an issuer in a list', [`https://contoso.ciamlogin.com/${tid}/v2.0`], keys],
  ['keys in a list', `https://contoso.ciamlogin.com/${tid}/v2.0`, [keys]],
  [
    'keys at another port',
    `https://contoso.ciamlogin.com/${tid}/v2.0`,
    `https://contoso.ciamlogin.com:444/${tid}/keys`,
  ],
  ['keys elsewhere', `https://contoso.ciamlogin.com/${tid}/v2.0`, 'https://evil.example/keys'],
  ['keys in a file', `https://contoso.ciamlogin.com/${tid}/v2.0`, 'file:///etc/passwd'],
  ['no keys', `https://contoso.ciamlogin.com/${tid}/v2.0`, undefined],
])('%s is refused', (_what, issuer, jwks) => {
  expect(() => read(`https://contoso.ciamlogin.com/${tid}`, issuer, jwks)).toThrow(Error)
})

test('of a workforce tenant, an issuer or keys on the host of External ID are refused', () => {
  const [own, external] = ['login.microsoftonline.com', `${tid}.ciamlogin.com`].map(
    (host) => `https://${host}/${tid}/v2.0`,
  )
  expect(() => read(`https://login.microsoftonline.com/${tid}`, external, own)).toThrow(/^the issuer is on/)
  expect(() => read(`https://login.microsoftonline.com/${tid}`, own, external)).toThrow(/^jwks_uri is on/)
})

test.each([
  [null, /not a JSON object/],
  ['x', /not a JSON object/],
  [[], /has no issuer/],
  [{}, /has no issuer/],
  [{ issuer: 7 }, /has no issuer/],
  [{ issuer: 'x' }, /has no issuer/],
  [{ issuer: `https://contoso.ciamlogin.com/${tid}/v2.0` }, /has no jwks_uri/],
  [{ issuer: 'http://contoso.ciamlogin.com/', jwks_uri: keys }, /^issuer is not an https address/],
  [{ issuer: 'ftp://localhost/', jwks_uri: keys }, /^issuer is not an https address/],
])('the document %j is refused, with the reason', (document, reason) => {
  expect(() => readMetadata(document, `https://contoso.ciamlogin.com/${tid}`, tid)).toThrow(reason)
})
