import { expect, test } from 'vitest'
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
])('%s is 400, with and without a header', (url) => {
  expect(() => bearerToken(request(undefined, url))).toThrow(malformed)
  expect(() => bearerToken(request('Bearer a', url))).toThrow(malformed)
})

test.each(['/access_token=a', '/?my_access_token=a', '/?x=access_token', '/?access_tokens=a'])(
  '%s has no token in its query',
  (url) => {
    expect(bearerToken(request('Bearer a', url))).toBe('a')
  },
)

test('two headers are 400, in any letters', () => {
  const raw = ['authorization', 'Bearer a', 'Host', 'x', 'AUTHORIZATION', 'Bearer b']
  expect(() => bearerToken(request('Bearer a', '/', raw))).toThrow(malformed)
})

test('a token of 12 kB is the longest', () => {
  expect(bearerToken(request(`Bearer ${'a'.repeat(12_288)}`)).length).toBe(12_288)
  expect(() => bearerToken(request(`Bearer ${'a'.repeat(12_289)}`))).toThrow(malformed)
})
