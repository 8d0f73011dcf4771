/** Every cell of {who asks} x {each route}: the status that the sample's rules give. */
import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  type CallOptions,
  expectProblem,
  startTestApi,
  type TestApi,
} from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi
let itemId: string
/** One with an allow-list, and one that gets no keys. */
let strict: TestApi
let cut: TestApi

const user = randomUUID()

beforeAll(async () => {
  issuer = await startIssuer()
  api = await startTestApi(issuer)
  strict = await startTestApi(issuer, { allowedClients: [randomUUID()] })
  cut = await startTestApi(issuer, { caPem: undefined })
  const made = await api.call('POST', '/api/todolist', {
    token: await issuer.token(),
    body: { description: 'kept', owner: user },
  })
  itemId = made.json.id
})
afterAll(async () => {
  await Promise.all([api, strict, cut].map((one) => one.close()))
  await issuer.close()
})

/** Claims beside the usual ones. `app` is a token whose oid equals its sub, `user` one whose don't. */
const app = (claims: object) => ({ ...claims })
const person = (claims: object) => ({ oid: user, sub: 'pairwise', roles: undefined, ...claims })

const callers: [who: string, claims: Record<string, unknown>, read: boolean, write: boolean][] = [
  ['an app with Read.All', app({ roles: ['ToDoList.Read.All'] }), true, false],
  ['an app with ReadWrite.All', app({ roles: ['ToDoList.ReadWrite.All'] }), true, true],
  ['an app with both roles', app({ roles: ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'] }), true, true],
  ['an app with ReadWrite.All and idtyp', app({ idtyp: 'app' }), true, true],
  ['an app without roles', app({ roles: undefined }), false, false],
  ['an app with an empty list of roles', app({ roles: [] }), false, false],
  ['an app with a role of another API', app({ roles: ['Mail.Read.All'] }), false, false],
  ['an app with a role in other letters', app({ roles: ['todolist.readwrite.all'] }), false, false],
  ['an app with its role as a string', app({ roles: 'ToDoList.ReadWrite.All' }), false, false],
  ['an app with a scope name as role', app({ roles: ['ToDoList.ReadWrite'] }), false, false],
  ['an app with a scope, which no app has', app({ idtyp: 'app', scp: 'ToDoList.ReadWrite' }), false, false],
  [
    'an app with a scope and no idtyp: it passes for a user',
    app({ scp: 'ToDoList.Read', oid: user }),
    true,
    false,
  ],
  ['an app with an empty scope', app({ scp: '' }), false, false],
  ['an app with scopes as an array', app({ scp: [] }), false, false],
  ['a user with Read', person({ scp: 'ToDoList.Read' }), true, false],
  ['a user with ReadWrite', person({ scp: 'ToDoList.ReadWrite' }), true, true],
  ['a user with both scopes', person({ scp: 'ToDoList.Read ToDoList.ReadWrite' }), true, true],
  ['a user with ReadWrite and idtyp', person({ idtyp: 'user', scp: 'ToDoList.ReadWrite' }), true, true],
  ['a user with a scope of another API', person({ scp: 'Mail.Read' }), false, false],
  ['a user with an empty scope', person({ scp: '' }), false, false],
  ['a user with scopes as an array', person({ scp: ['ToDoList.ReadWrite'] }), false, false],
  ['a user with a role name as scope', person({ scp: 'ToDoList.ReadWrite.All' }), false, false],
  ['a user with a role and no scope', person({ roles: ['ToDoList.ReadWrite.All'] }), false, false],
  [
    'a user with a role, no scope, idtyp',
    person({ idtyp: 'user', roles: ['ToDoList.ReadWrite.All'] }),
    false,
    false,
  ],
  [
    'a user with Read, and the role ReadWrite.All',
    person({ scp: 'ToDoList.Read', roles: ['ToDoList.ReadWrite.All'] }),
    true,
    false,
  ],
  ['neither app nor user: an unknown idtyp', app({ idtyp: 'device' }), false, false],
  ['neither app nor user: no scope, oid is not sub', person({}), false, false],
]

const READ_NAMES = 'ToDoList.Read ToDoList.ReadWrite ToDoList.Read.All ToDoList.ReadWrite.All'
const WRITE_NAMES = 'ToDoList.ReadWrite ToDoList.ReadWrite.All'
const body = { description: 'changed' }

const routes: [
  method: string,
  kind: 'read' | 'write',
  ok: number,
  path: () => string,
  options: CallOptions,
][] = [
  ['GET', 'read', 200, () => '/api/todolist', {}],
  ['GET', 'read', 200, () => `/api/todolist/${itemId}`, {}],
  ['HEAD', 'read', 200, () => '/api/todolist', {}],
  ['HEAD', 'read', 200, () => `/api/todolist/${itemId}`, {}],
  ['POST', 'write', 201, () => '/api/todolist', { body }],
  ['PUT', 'write', 200, () => `/api/todolist/${itemId}`, { body }],
  ['PATCH', 'write', 200, () => `/api/todolist/${itemId}`, { body }],
  ['DELETE', 'write', 204, () => `/api/todolist/${itemId}`, {}],
]

const badTokens: [what: string, claims: Record<string, unknown>, header: Record<string, unknown>][] = [
  ['that has ended', { exp: 1 }, {}],
  ['that is not valid yet', { nbf: 4e9 }, {}],
  ['for another audience', { aud: 'api://other' }, {}],
  ['of another issuer', { iss: 'https://sts.windows.net/x/' }, {}],
  ['of another tenant', { tid: randomUUID() }, {}],
  ['of another version', { ver: '1.0' }, {}],
  ['that is bound to a key', { cnf: { jkt: 'x' } }, {}],
  ['without an object id', { oid: undefined }, {}],
  ['without a subject', { sub: undefined }, {}],
  ['without a client app', { azp: undefined }, {}],
  ['without an end', { exp: undefined }, {}],
  ['of another type', {}, { typ: 'at+jwt' }],
  ['of another algorithm', {}, { alg: 'PS256' }],
  ['under a key that the issuer does not have', {}, { kid: 'unknown' }],
]

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A good token with another header or other claims under its old signature. */
async function forged(
  header: object,
  claims: object = {},
  sign = (_head: string, signature: string) => signature,
) {
  const [, payload, signature] = (await issuer.token()).split('.') as [string, string, string]
  const old = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const head = `${segment({ alg: 'RS256', typ: 'JWT', kid: issuer.key.kid, ...header })}.${segment({ ...old, ...claims })}`
  return `${head}.${sign(head, signature)}`
}

const forgeries: [what: string, forge: () => Promise<string>][] = [
  ['a token signed by somebody else', async () => issuer.token({}, {}, await issuer.newKey(issuer.key.kid))],
  ['a token without a signature', () => forged({ alg: 'none' }, {}, () => '')],
  ['a token that says none and has a signature', () => forged({ alg: 'none' })],
  ['a token whose claims were changed', () => forged({}, { roles: ['ToDoList.ReadWrite.All', 'x'] })],
  [
    'a token with an HMAC over the public key',
    () =>
      forged({ alg: 'HS256' }, {}, (head) =>
        createHmac('sha256', publicKey()).update(head).digest('base64url'),
      ),
  ],
  ['what is no token at all', async () => 'a.b.c'],
]

const publicKey = () =>
  createPublicKey({ key: issuer.key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })

/** A problem; of an answer to HEAD its status and headers. */
function expectRefusal(answer: Answer, status: number, code: string): void {
  if (answer.text !== '') expectProblem(answer, status, code)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
}

describe.each(routes)('%s, which is to %s', (method, kind, ok, path, options) => {
  test.each(callers)('%s', async (_who, claims, read, write) => {
    const token = await issuer.token(claims)
    const answer = await api.call(method, path(), { ...options, token })
    if (kind === 'read' ? read : write) {
      expect(answer.status).toBe(ok)
      if (method === 'DELETE') {
        const again = { token: await issuer.token(), body: { description: 'kept', owner: user } }
        itemId = (await api.call('POST', '/api/todolist', again)).json.id
      }
    } else {
      expectRefusal(answer, 403, 'insufficient_scope')
      const challenge = answer.headers.get('www-authenticate')
      expect(challenge).toMatch(
        /^Bearer realm="api", error="insufficient_scope", error_description="[^"]+", scope="/,
      )
      expect(challenge).toContain(`scope="${kind === 'read' ? READ_NAMES : WRITE_NAMES}"`)
    }
  })

  test('nobody', async () => expectRefusal(await api.call(method, path(), options), 401, 'unauthenticated'))

  test.each(badTokens)('a token %s', async (_what, claims, header) => {
    const token = await issuer.token(claims, header)
    expectRefusal(await api.call(method, path(), { ...options, token }), 401, 'invalid_token')
  })

  test.each(forgeries)('%s', async (_what, forge) => {
    const token = await forge()
    expectRefusal(await api.call(method, path(), { ...options, token }), 401, 'invalid_token')
  })

  test.each(['Basic eDp5', 'Bearer', 'Bearer a b', 'DPoP a.b.c'])(
    'the header "%s"',
    async (authorization) => {
      const headers = { authorization }
      expectRefusal(await api.call(method, path(), { ...options, headers }), 400, 'invalid_request')
    },
  )

  test('a token in the query, in a cookie, in a form', async () => {
    const token = await issuer.token()
    const query = `?access_token=${token}`
    expectRefusal(await api.call(method, path() + query, options), 400, 'invalid_request')
    const headers = { cookie: `access_token=${token}`, 'x-access-token': token }
    expectRefusal(await api.call(method, path(), { ...options, headers }), 401, 'unauthenticated')
    if (options.body === undefined) return
    const form = {
      body: `access_token=${token}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    expectRefusal(await api.call(method, path(), form), 401, 'unauthenticated')
  })

  test('a good token of an app that is not on the allow-list', async () => {
    const token = await issuer.token()
    expectRefusal(await strict.call(method, path(), { ...options, token }), 403, 'client_not_allowed')
  })

  test('any token while the keys can not be had', async () => {
    const answer = await cut.call(method, path(), { ...options, token: await issuer.token() })
    expectRefusal(answer, 503, 'issuer_unavailable')
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/)
  })

  test('the permission is looked at before the body, and before whether the todo exists', async () => {
    const token = await issuer.token({ roles: [] })
    const headers = { 'content-type': 'text/plain' }
    const garbage = ['GET', 'HEAD', 'DELETE'].includes(method) ? {} : { body: '{', headers }
    const elsewhere = path().replace(itemId, randomUUID())
    expectRefusal(await api.call(method, elsewhere, { token, ...garbage }), 403, 'insufficient_scope')
  })
})

test('the names of the permissions can be configured', async () => {
  const own = { scopes: ['Things.Use'], roles: ['Things.Use.All'] }
  const other = await startTestApi(issuer, { permissions: { read: own, write: own } })
  const read = async (token: string) => (await other.call('GET', '/api/todolist', { token })).status
  try {
    expect(await read(await issuer.token({ roles: ['Things.Use.All'] }))).toBe(200)
    expect(await read(await issuer.userToken('Things.Use'))).toBe(200)
    expect(await read(await issuer.token())).toBe(403)
    expect(await read(await issuer.userToken())).toBe(403)
  } finally {
    await other.close()
  }
})
