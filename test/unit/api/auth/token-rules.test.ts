import { expect, test } from 'vitest'
import { readCaller, readUnverified } from '../../../../api/auth/token-rules.ts'

const segment = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (header: unknown, payload: unknown) => `${segment(header)}.${segment(payload)}.c2ln`
const header = { typ: 'JWT', alg: 'RS256', kid: 'k' }
const payload = { iss: 'https://issuer.example', tid: 'T-1' }
const invalid = expect.objectContaining({ status: 401, code: 'invalid_token' })

test('a header and two claims are read, and trusted for nothing but the choice of the keys', () => {
  const unverified = { kid: 'k', tenantId: 't-1', issuer: 'https://issuer.example' }
  expect(readUnverified(tokenOf(header, payload))).toEqual(unverified)
  expect(readUnverified(tokenOf({ ...header, typ: 'jwt' }, payload))).toEqual(unverified)
})

test.each([
  ['no header', '.e30.c'],
  ['two parts', 'e30.e30'],
  ['four parts', 'e30.e30.c.c'],
  ['a header that is no JSON', `${Buffer.from('x').toString('base64url')}.e30.c`],
  ['a header that is an array', `${segment([])}.e30.c`],
  ['a header that is null', `${segment(null)}.e30.c`],
  ['a header that is not base64url', `e30=.e30.c`],
  ['a payload that is a string', `${segment(header)}.${segment('x')}.c`],
  ['a payload that is an array', `${segment(header)}.${segment([])}.c`],
  ['a header with more before it', `!${tokenOf(header, payload)}`],
  ['a header with more behind it', tokenOf(header, payload).replace('.', '!.')],
])('%s is no JWT', (_what, token) => {
  expect(() => readUnverified(token)).toThrow(invalid)
  expect(() => readUnverified(token)).toThrow('the access token is not a JWT')
})

test.each([
  { alg: 'none' },
  { alg: 'HS256' },
  { alg: 'rs256' },
  { alg: ['RS256'] },
  { alg: undefined },
  { typ: 'at+jwt' },
  { typ: undefined },
  { typ: 1 },
  { kid: undefined },
  { kid: '' },
  { kid: null },
])('a header with %j is refused', (change) => {
  expect(() => readUnverified(tokenOf({ ...header, ...change }, payload))).toThrow(invalid)
})

test.each([{ iss: undefined }, { iss: 1 }, { tid: undefined }, { tid: {} }])(
  'claims with %j are refused',
  (change) => {
    expect(() => readUnverified(tokenOf(header, { ...payload, ...change }))).toThrow(invalid)
  },
)

const claims = { ver: '2.0', tid: 'T', oid: 'O', sub: 'O', azp: 'C', roles: ['R'] }
const rules = { version: '2.0', tenantId: 't', allowedClients: [] } as const

test('the caller is read, ids in small letters', () => {
  expect(readCaller({ ...claims }, rules)).toMatchObject({
    actor: 'app',
    objectId: 'o',
    tenantId: 't',
    clientId: 'c',
  })
})

test('claims of any shape are kept, and nobody can change them', () => {
  const { claims: kept } = readCaller({ ...claims, none: null, inner: { list: [{ a: 1 }] } }, rules)
  expect(kept).toMatchObject({ none: null, inner: { list: [{ a: 1 }] } })
  const inner = kept.inner as { list: object[] }
  for (const part of [kept, inner, inner.list, inner.list[0]]) expect(Object.isFrozen(part)).toBe(true)
})

test('in version 1.0 the client app is appid, and azp counts for nothing', () => {
  const v1 = { ...rules, version: '1.0' } as const
  expect(readCaller({ ...claims, ver: '1.0', appid: 'A' }, v1).clientId).toBe('a')
  expect(() => readCaller({ ...claims, ver: '1.0' }, v1)).toThrow(invalid)
})

test.each([
  { cnf: {} },
  { cnf: null },
  { ver: '1.0' },
  { ver: 2 },
  { tid: 'other' },
  { tid: undefined },
  { tid: ['T'] },
  { oid: '' },
  { oid: 1 },
  { sub: '' },
  { sub: undefined },
  { azp: '' },
  { azp: ['C'] },
])('claims with %j are no caller', (change) => {
  expect(() => readCaller({ ...claims, ...change }, rules)).toThrow(invalid)
})

test('an allow-list of client apps is held against small letters', () => {
  expect(readCaller({ ...claims }, { ...rules, allowedClients: ['c'] }).clientId).toBe('c')
  expect(() => readCaller({ ...claims }, { ...rules, allowedClients: ['d'] })).toThrow(
    expect.objectContaining({ status: 403, code: 'client_not_allowed' }),
  )
})
