import { describe, expect, test } from 'vitest'
import { bearerToken } from '../../../../api/auth/bearer-token.ts'

const request = (
  authorization: string | undefined,
  url = '/',
  rawHeaders: string[] = ['Authorization', 'x'],
) => ({
  headers: authorization === undefined ? {} : { authorization },
  rawHeaders,
  url,
})

test.each(['Bearer abc', 'bearer abc', 'BEARER a-._~+/b==', 'Bearer a'])('%s has a token', (header) => {
  expect(bearerToken(request(header))).toBe(header.slice(7))
})

test('no header is 401', () => {
  expect(() => bearerToken(request(undefined))).toThrow(
    expect.objectContaining({ status: 401, code: 'unauthenticated' }),
  )
})

const malformed = expect.objectContaining({ status: 400, code: 'invalid_request' })

test.each([
  '',
  'Bearer',
  'Bearer ',
  ' Bearer a',
  'Bearer  a',
  'Bearer a b',
  'Bearer a,b',
  'Bearer\ta',
  'Bearer =a',
  'Bearer a=b',
  'Bearera',
  'DPoP a',
  'Basic a',
  'a',
  'Bearer ä',
])('"%s" is 400', (header) => {
  expect(() => bearerToken(request(header))).toThrow(malformed)
})

test.each([
  '/?access_token=a',
  '/?x=1&access_token=a',
  '/?ACCESS_TOKEN=a',
  '/?access_token',
  '/?access_token[]=a',
  '/?access_token%5B%5D=a',
  '/?access_token&x',
  '/?%61ccess_token=a',
  '/?x=1&acces%73%5Ftoken=a',
  '/?access%5ftoken%5b0%5d=a',
  '/?%41CCESS_TOKEN',
  '/?a=?&access_token=a',
  'http://other.example/?access_token=a',
])('%s is 400, with and without a header', (url) => {
  expect(() => bearerToken(request(undefined, url))).toThrow(malformed)
  expect(() => bearerToken(request('Bearer a', url))).toThrow(malformed)
})

test.each([
  '/access_token=a',
  '/x&access_token=a',
  '/?my_access_token=a',
  '/?x=access_token',
  '/?access_tokens=a',
  '/?x=%26access_token=a',
  '/?%2561ccess_token=a',
  '/?',
  '/?%',
])('%s has no token in its query', (url) => {
  expect(bearerToken(request('Bearer a', url))).toBe('a')
})

describe('a body that was parsed before', () => {
  const withBody = (body: unknown, type = 'application/x-www-form-urlencoded') => ({
    ...request('Bearer a'),
    headers: { authorization: 'Bearer a', 'content-type': type },
    body,
  })

  test.each(['application/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded; charset=utf-8'])(
    'a form (%s) with a token is 400',
    (type) => {
      expect(() => bearerToken(withBody({ access_token: 'a' }, type))).toThrow(malformed)
      expect(() => bearerToken(withBody({ access_token: '' }, type))).toThrow(malformed)
    },
  )

  test('a form without one, and any JSON, are not the business of the guard', () => {
    for (const body of [{}, { token: 'a' }, undefined, null, 'access_token=a', Buffer.from('access_token=a')])
      expect(bearerToken(withBody(body))).toBe('a')
    for (const type of ['application/json', 'application/json; was=application/x-www-form-urlencoded'])
      expect(bearerToken(withBody({ access_token: 'a' }, type))).toBe('a')
  })
})

test('two headers are 400, in any letters', () => {
  const raw = ['authorization', 'Bearer a', 'Host', 'x', 'AUTHORIZATION', 'Bearer b']
  expect(() => bearerToken(request('Bearer a', '/', raw))).toThrow(malformed)
})

test('a header with a name of the same length is none', () => {
  const raw = ['Authorization', 'Bearer a', 'Cache-Control', 'no-cache']
  expect(bearerToken(request('Bearer a', '/', raw))).toBe('a')
})

test('a token of 12 kB is the longest', () => {
  expect(bearerToken(request(`Bearer ${'a'.repeat(12_288)}`)).length).toBe(12_288)
  expect(() => bearerToken(request(`Bearer ${'a'.repeat(12_289)}`))).toThrow(malformed)
})
