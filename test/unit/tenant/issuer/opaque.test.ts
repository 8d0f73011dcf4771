import { expect, test } from 'vitest'
import { opaque } from '../../../../tenant/issuer/opaque.ts'

test('opaque text is base64url, as long as its bytes are', () => {
  for (const bytes of [16, 27, 32, 33]) {
    const text = opaque(bytes)
    expect(text).toMatch(/^[\w-]+$/)
    expect(Buffer.from(text, 'base64url')).toHaveLength(bytes)
  }
})

test('opaque text is never the same, however much of it was given before', () => {
  const given = Array.from({ length: 1000 }, () => opaque(16))
  expect(new Set(given).size).toBe(given.length)
})
