import { expect, test } from 'vitest'
import {
  clientNotAllowed,
  insufficientScope,
  invalidRequest,
  invalidToken,
  issuerUnavailable,
  unauthenticated,
} from '../../../../api/auth/auth-error.ts'

test('without credentials the challenge has no error code (RFC 6750 section 3.1)', () => {
  expect(unauthenticated()).toMatchObject({
    status: 401,
    headers: { 'WWW-Authenticate': 'Bearer realm="api"' },
  })
})

test.each([
  [invalidRequest('why'), 400, 'invalid_request'],
  [invalidToken('why'), 401, 'invalid_token'],
])('%s: the challenge has code and reason', (error, status, code) => {
  expect(error).toMatchObject({ status, code, message: 'why' })
  expect(error.headers['WWW-Authenticate']).toBe(
    `Bearer realm="api", error="${code}", error_description="why"`,
  )
})

test('a lack of permission names all that would do', () => {
  const error = insufficientScope('why', ['A.Read', 'A.Read.All'])
  expect(error).toMatchObject({ status: 403, code: 'insufficient_scope' })
  expect(error.headers['WWW-Authenticate']).toMatch(/, scope="A\.Read A\.Read\.All"$/)
})

test('the name of a permission can not break out of the challenge', () => {
  const header = insufficientScope('why', ['A"b', 'C\\d']).headers['WWW-Authenticate']
  expect(header).toMatch(/, scope="A'b C\?d"$/)
})

test('what was wrong with a token is kept for the log, where something is known', () => {
  const cause = new Error('bad signature')
  expect(invalidToken('why', cause).cause).toBe(cause)
  expect(invalidToken('why')).not.toHaveProperty('cause')
})

test('no other token would help an app that is not allowed: 403 without a challenge', () => {
  expect(clientNotAllowed()).toMatchObject({ status: 403, headers: {} })
})

test.each([
  [0.2, '1'],
  [1, '1'],
  [1.2, '2'],
  [-5, '1'],
  [Number.NEGATIVE_INFINITY, '1'],
])('keys that can not be had: 503, to try again in %s s is said as %s', (seconds, header) => {
  const cause = new Error('down')
  expect(issuerUnavailable(seconds, cause)).toMatchObject({
    status: 503,
    cause,
    headers: { 'Retry-After': header },
  })
})

test.each(['a"b', 'a\\b', 'a\r\nX: y', 'ä€', '\0'])('%j can not break out of the challenge', (text) => {
  const header = invalidToken(text).headers['WWW-Authenticate'] ?? ''
  expect(header).toMatch(
    /^Bearer realm="api", error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]*"$/,
  )
})

test('a long reason is cut', () => {
  expect((invalidToken('x'.repeat(9999)).headers['WWW-Authenticate'] ?? '').length).toBeLessThan(300)
})
