/** Every cell of {who asks} x {each route}: the status that the sample's rules give. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallOptions, expectProblem, startTestApi, type TestApi } from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
let api: TestApi
let itemId: string

const user = randomUUID()

beforeAll(async () => {
  issuer = await startIssuer()
  api = await startTestApi(issuer)
  const made = await api.call('POST', '/api/todolist', {
    token: await issuer.token(),
    body: { description: 'kept', owner: user },
  })
  itemId = made.json.id
})
afterAll(async () => {
  await api.close()
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
  ['of another type', {}, { typ: 'at+jwt' }],
  ['of another algorithm', {}, { alg: 'PS256' }],
  ['under a key that the issuer does not have', {}, { kid: 'unknown' }],
]

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
      expectProblem(answer, 403, 'insufficient_scope')
      const challenge = answer.headers.get('www-authenticate')
      expect(challenge).toMatch(
        /^Bearer realm="api", error="insufficient_scope", error_description="[^"]+", scope="/,
      )
      expect(challenge).toContain(`scope="${kind === 'read' ? READ_NAMES : WRITE_NAMES}"`)
    }
  })

  test('nobody', async () => expectProblem(await api.call(method, path(), options), 401, 'unauthenticated'))

  test.each(badTokens)('a token %s', async (_what, claims, header) => {
    const token = await issuer.token(claims, header)
    expectProblem(await api.call(method, path(), { ...options, token }), 401, 'invalid_token')
  })

  test('a token signed by somebody else', async () => {
    const token = await issuer.token({}, {}, await issuer.newKey(issuer.key.kid))
    expectProblem(await api.call(method, path(), { ...options, token }), 401, 'invalid_token')
  })

  test('a header that is no bearer token, and a token in the query', async () => {
    const headers = { authorization: 'Basic eDp5' }
    expectProblem(await api.call(method, path(), { ...options, headers }), 400, 'invalid_request')
    const query = `?access_token=${await issuer.token()}`
    expectProblem(await api.call(method, path() + query, options), 400, 'invalid_request')
  })

  test('the permission is looked at before the body, and before whether the todo exists', async () => {
    const token = await issuer.token({ roles: [] })
    const headers = { 'content-type': 'text/plain' }
    const garbage = method === 'GET' || method === 'DELETE' ? {} : { body: '{', headers }
    const elsewhere = path().replace(itemId, randomUUID())
    expectProblem(await api.call(method, elsewhere, { token, ...garbage }), 403, 'insufficient_scope')
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
