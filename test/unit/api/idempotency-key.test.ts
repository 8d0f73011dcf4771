import { expect, test } from 'vitest'
import type { Caller } from '../../../api/auth/token-rules.ts'
import { readIdempotencyKey } from '../../../api/idempotency-key.ts'

const caller: Caller = { actor: 'user', objectId: 'anna', tenantId: 'tenant', clientId: 'client', claims: {} }

test('no header is no key', () => {
  expect(readIdempotencyKey(undefined, caller)).toBeUndefined()
})

test('a key may be quoted or bare, and is kept as a hash of fixed length', () => {
  const key = readIdempotencyKey('k-1', caller)
  expect(key).toMatch(/^[\w-]{43}$/)
  expect(readIdempotencyKey('"k-1"', caller)).toBe(key)
  expect(readIdempotencyKey('  k-1 ', caller)).toBe(key)
  expect(readIdempotencyKey('x'.repeat(255), caller)?.length).toBe(43)
})

test.each([{ tenantId: 'other' }, { clientId: 'other' }, { objectId: 'other' }])(
  'it belongs to who sent it: with %j it is another',
  (change) => {
    expect(readIdempotencyKey('k', { ...caller, ...change })).not.toBe(readIdempotencyKey('k', caller))
  },
)

test('what belongs together can not be shifted', () => {
  const one = readIdempotencyKey('k', { ...caller, tenantId: 'ab', clientId: 'c' })
  expect(readIdempotencyKey('k', { ...caller, tenantId: 'a', clientId: 'bc' })).not.toBe(one)
})

test.each(['', ' ', 'a b', 'a"b', 'a\\b', '"a', 'a"', '""', 'é', 'a\tb', 'x'.repeat(256)])(
  '%j is refused',
  (header) => {
    expect(() => readIdempotencyKey(header, caller)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    )
  },
)

test('two headers are refused', () => {
  expect(() => readIdempotencyKey(['a', 'b'], caller)).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  )
})
