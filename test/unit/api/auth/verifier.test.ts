/** The verifier alone, as another project may use it: with no look at the request before it. */
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { readSigningKeys } from '../../../../api/auth/signing-keys.ts'
import { createVerifier, type Verify } from '../../../../api/auth/verifier.ts'
import { type IssuerKey, newIssuerKey } from '../../../support/issuer.ts'

const issuer = 'https://issuer.example/v2.0'
const audience = randomUUID()
let key: IssuerKey
let verify: Verify

beforeAll(async () => {
  key = await newIssuerKey()
  verify = createVerifier({ issuer, audience: [audience], keys: readSigningKeys({ keys: [key.jwk] }) })
})

const tokenOf = (claims: Record<string, unknown> = {}) =>
  new SignJWT({ iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
    .sign(key.privateKey)

function ask(headers: Record<string, string>, more: Record<string, unknown> = {}) {
  const req = { headers, method: 'GET', query: {}, is: () => false, get: () => 'localhost', ...more }
  return { req, claims: verify(req as never, {} as never) }
}

test('the claims of a good token are given, and not left on the request', async () => {
  const { req, claims } = ask({ authorization: `Bearer ${await tokenOf({ x: 1 })}` })
  expect(await claims).toMatchObject({ iss: issuer, aud: audience, x: 1 })
  expect(req).not.toHaveProperty('auth')
})

test('a request without a token is 401 with a bare challenge', async () => {
  await expect(ask({}).claims).rejects.toMatchObject({
    status: 401,
    code: 'unauthenticated',
    headers: { 'WWW-Authenticate': 'Bearer realm="api"' },
  })
})

test('a token in the header and another in the query are 400', async () => {
  const token = await tokenOf()
  const { claims } = ask({ authorization: `Bearer ${token}` }, { query: { access_token: token } })
  await expect(claims).rejects.toMatchObject({ status: 400, code: 'invalid_request' })
})

test('a Host header that is none is 400, whatever the token', async () => {
  const { claims } = ask({ authorization: `Bearer ${await tokenOf()}` }, { get: () => 'a b' })
  await expect(claims).rejects.toMatchObject({ status: 400, code: 'invalid_request' })
})

test.each([
  ['of another issuer', { iss: 'https://issuer.example/' }],
  ['for somebody else', { aud: 'x' }],
  ['that has ended', { exp: 1 }],
])('a token %s is 401, with what the library said kept for the log', async (_what, change) => {
  const { req, claims } = ask({ authorization: `Bearer ${await tokenOf(change)}` })
  await expect(claims).rejects.toMatchObject({ status: 401, code: 'invalid_token', cause: expect.any(Error) })
  expect(req).not.toHaveProperty('auth')
})

test('clocks may differ by five seconds, and not by more', async () => {
  const ended = async (ago: number) => {
    const exp = Math.floor(Date.now() / 1000) - ago
    return await ask({ authorization: `Bearer ${await tokenOf({ exp })}` }).claims
  }
  expect(await ended(1)).toMatchObject({ aud: audience })
  await expect(ended(6)).rejects.toMatchObject({ status: 401, code: 'invalid_token' })
})
