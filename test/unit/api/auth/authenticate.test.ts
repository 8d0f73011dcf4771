import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem, startTestApi, type TestApi } from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi

beforeAll(async () => {
  issuer = await startIssuer()
  api = await startTestApi(issuer)
})
afterAll(async () => {
  await api.close()
  await issuer.close()
})

const list = (headers: Record<string, string>, path = '/api/todolist') => api.call('GET', path, { headers })
const withToken = (token: string) => list({ authorization: `Bearer ${token}` })
const now = () => Math.floor(Date.now() / 1000)
const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token that is refused: 401 with a reason, in the body and in the challenge. */
async function refused(token: string, reason: RegExp) {
  const answer = await withToken(token)
  expectProblem(answer, 401, 'invalid_token')
  expect(answer.json.detail).toMatch(reason)
  expect(answer.headers.get('www-authenticate')).toMatch(
    /^Bearer realm="api", error="invalid_token", error_description="/,
  )
  if (token.length > 20) expect(answer.text).not.toContain(token)
}

test('a good token of an app gets in', async () => {
  expect((await withToken(await issuer.token())).status).toBe(200)
})

test('a good token of a user gets in', async () => {
  expect((await withToken(await issuer.userToken())).status).toBe(200)
})

test('the audience may be the client id or its api:// address', async () => {
  expect((await withToken(await issuer.token({ aud: `api://${issuer.clientId}` }))).status).toBe(200)
})

test('the word Bearer may be in any case', async () => {
  expect((await list({ authorization: `bEARER ${await issuer.token()}` })).status).toBe(200)
})

test('no token is answered with a bare challenge, without an error code', async () => {
  const answer = await list({})
  expectProblem(answer, 401, 'unauthenticated')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"')
})

test.each([
  ['another scheme', 'Basic dXNlcjpwYXNz'],
  ['the scheme alone', 'Bearer'],
  ['two tokens', 'Bearer abc def'],
  ['two spaces', 'Bearer  abc'],
  ['characters that no token has', 'Bearer abc"def'],
  ['no scheme', 'abc.def.ghi'],
  ['DPoP', 'DPoP abc.def.ghi'],
])('a malformed header (%s) is 400', async (_what, authorization) => {
  const answer = await list({ authorization })
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.headers.get('www-authenticate')).toContain('error="invalid_request"')
})

test('a token in the query is refused, also beside one in the header', async () => {
  const token = await issuer.token()
  expectProblem(await list({}, `/api/todolist?access_token=${token}`), 400, 'invalid_request')
  expectProblem(
    await list({ authorization: `Bearer ${token}` }, '/api/todolist?limit=1&access_token=x'),
    400,
    'invalid_request',
  )
})

test('a token in the body is refused', async () => {
  const token = await issuer.token()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const form = { headers, body: `access_token=${token}` }
  expectProblem(await api.call('POST', '/api/todolist', form), 401, 'unauthenticated')
  expectProblem(await api.call('POST', '/api/todolist', { ...form, token }), 415, 'unsupported_media_type')
  const body = { description: 'x', access_token: token }
  expectProblem(await api.call('POST', '/api/todolist', { token, body }), 400, 'invalid_body')
})

test.each([
  ['another audience', { aud: randomUUID() }, /'aud'/],
  ['an audience that begins like ours', { aud: 'api://' }, /'aud'/],
  ['no audience', { aud: undefined }, /'aud'/],
  ['another issuer', { iss: 'https://login.microsoftonline.com/common/v2.0' }, /'iss'/],
  ['no issuer', { iss: undefined }, /'iss'/],
  ['the issuer with a slash at its end', { iss: 'slash' }, /'iss'/],
  ['an end that has passed', { exp: now() - 60 }, /exp/],
  ['no end', { exp: undefined }, /exp/],
  ['an end that is no number', { exp: 'tomorrow' }, /exp/],
  ['a beginning in the future', { nbf: now() + 600 }, /nbf/],
  ['another tenant', { tid: randomUUID() }, /'tid'/],
  ['no tenant', { tid: undefined }, /'tid'/],
  ['version 1.0', { ver: '1.0' }, /'ver'/],
  ['no version', { ver: undefined }, /'ver'/],
  ['no object id', { oid: undefined }, /'oid'/],
  ['an object id that is no string', { oid: 7 }, /'oid'/],
  ['no subject', { sub: undefined }, /'sub'/],
  ['no client app', { azp: undefined }, /client app/],
  ['a bound key (DPoP)', { cnf: { jkt: 'x' } }, /cnf/],
  ['a bound certificate (mTLS)', { cnf: { 'x5t#S256': 'x' } }, /cnf/],
])('a token with %s is 401', async (_what, claims, reason) => {
  const named = 'iss' in claims && claims.iss === 'slash' ? { iss: `${issuer.issuer}/` } : claims
  await refused(await issuer.token(named), reason)
})

test.each([
  ['the algorithm none', { alg: 'none' }],
  ['a type that is no JWT', { typ: 'secevent+jwt' }],
  ['no type', { typ: undefined }],
  ['no key id', { kid: undefined }],
  ['an empty key id', { kid: '' }],
  ['a key id that is no string', { kid: 7 }],
])('a header with %s is 401', async (_what, header) => {
  const [, payload, signature] = (await issuer.token()).split('.')
  const bad = segment({ alg: 'RS256', typ: 'JWT', kid: issuer.key.kid, ...header })
  await refused(`${bad}.${payload}.${signature}`, /header/)
})

test('a token under a key that the issuer does not have is 401, and says so', async () => {
  await refused(await issuer.token({}, { kid: 'unknown' }), /the issuer has no key with the token's 'kid'/)
})

test.each(['PS256', 'RS384', 'RS512'])('a token signed with the right key but %s is 401', async (alg) => {
  await refused(await issuer.token({}, { alg }), /alg/)
})

test('an HMAC over the public key is 401', async () => {
  const [, payload] = (await issuer.token()).split('.')
  const head = `${segment({ alg: 'HS256', typ: 'JWT', kid: issuer.key.kid })}.${payload}`
  const secret = createPublicKey({ key: issuer.key.jwk, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  await refused(`${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`, /alg/)
})

test('a critical header that nobody knows is 401', async () => {
  const [, payload, signature] = (await issuer.token()).split('.')
  const head = segment({ alg: 'RS256', typ: 'JWT', kid: issuer.key.kid, crit: ['x'], x: 1 })
  await refused(`${head}.${payload}.${signature}`, /./)
})

test('a changed payload, a changed signature and another key under the same kid are 401', async () => {
  const [head, payload, signature] = (await issuer.token()).split('.')
  const claims = JSON.parse(Buffer.from(payload as string, 'base64url').toString())
  await refused(
    `${head}.${segment({ ...claims, roles: ['ToDoList.ReadWrite.All', 'x'] })}.${signature}`,
    /signature/,
  )
  await refused(
    `${head}.${payload}.${signature?.startsWith('A') ? 'B' : 'A'}${signature?.slice(1)}`,
    /signature/,
  )
  await refused(`${head}.${payload}.`, /./)
  await refused(await issuer.token({}, {}, await issuer.newKey(issuer.key.kid)), /signature/)
})

test.each(['a', 'a.b', 'a.b.c', 'a.b.c.d.e', '..', `${'a'.repeat(9000)}.b.c`])(
  '%.12s… is no JWT: 401',
  async (token) => {
    await refused(token, /not a JWT/)
  },
)

test('a token of the longest kind is too long: 400, before any work is done on it', async () => {
  expectProblem(await withToken('a'.repeat(13_000)), 400, 'invalid_request')
})

test('what a token says is not put into the challenge as it is', async () => {
  const answer = await withToken(await issuer.token({}, { kid: 'a"b' }))
  expect(answer.headers.get('www-authenticate')).not.toContain('a"b')
})

test('a version 1.0 token is accepted only where that is configured', async () => {
  const iss = `https://sts.windows.net/${issuer.tenantId}/`
  const claims = { iss, ver: '1.0', azp: undefined, appid: randomUUID(), aud: `api://${issuer.clientId}` }
  await refused(await issuer.token(claims), /'iss'/)
  const lenient = await startTestApi(issuer, { acceptV1Tokens: true })
  const read = async (token: string) => (await lenient.call('GET', '/api/todolist', { token })).status
  try {
    expect(await read(await issuer.token(claims))).toBe(200)
    expect(await read(await issuer.token())).toBe(200)
    expect(await read(await issuer.token({ ...claims, iss: iss.slice(0, -1) }))).toBe(401)
    expect(await read(await issuer.token({ ...claims, ver: '2.0' }))).toBe(401)
    expect(await read(await issuer.token({ ...claims, appid: undefined, azp: randomUUID() }))).toBe(401)
    expect(await read(await issuer.token({ ver: '1.0' }))).toBe(401)
  } finally {
    await lenient.close()
  }
})

test('with an allow-list of client apps, another app is 403, with a good token too', async () => {
  const azp = randomUUID()
  const strict = await startTestApi(issuer, { allowedClients: [azp] })
  try {
    const good = await strict.call('GET', '/api/todolist', {
      token: await issuer.token({ azp: azp.toUpperCase() }),
    })
    expect(good.status).toBe(200)
    const token = await issuer.token()
    expectProblem(await strict.call('GET', '/api/todolist', { token }), 403, 'client_not_allowed')
    expectProblem(await strict.call('GET', '/api/todolist', { token }), 403, 'client_not_allowed')
  } finally {
    await strict.close()
  }
})

test('variables that the middleware would read by itself have no say', async () => {
  const before = { ...process.env }
  Object.assign(process.env, {
    ISSUER_BASE_URL: 'https://evil.example',
    JWKS_URI: 'https://evil.example/keys',
    AUDIENCE: 'x',
    SECRET: 'x',
    TOKEN_SIGNING_ALG: 'HS256',
  })
  try {
    const other = await startTestApi(issuer)
    expect((await other.call('GET', '/api/todolist', { token: await issuer.token() })).status).toBe(200)
    await other.close()
  } finally {
    process.env = before
  }
})
