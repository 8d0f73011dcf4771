import { describe, expect, test } from 'vitest'
import { isSameText, isSecretOf, newSecret, passwordCredential } from '../../../tenant/credentials.ts'

const DATES = { startDateTime: new Date(0), endDateTime: new Date(1000) }

describe('a client secret', () => {
  test('has 40 characters, and is another each time', () => {
    const secrets = Array.from({ length: 50 }, newSecret)
    expect(new Set(secrets).size).toBe(50)
    for (const secret of secrets) expect(secret).toMatch(/^[\w~-]{40}$/)
  })

  test('is not kept, but recognised', () => {
    const secret = newSecret()
    const kept = passwordCredential(secret, { displayName: 'x', ...DATES })
    expect(JSON.stringify(kept)).not.toContain(secret)
    expect(kept).toMatchObject({
      hint: secret.slice(0, 3),
      displayName: 'x',
      endDateTime: '1970-01-01T00:00:01.000Z',
    })
    expect(isSecretOf(kept, secret)).toBe(true)
  })

  test.each([
    () => '',
    (secret: string) => secret.slice(0, -1),
    (secret: string) => `${secret} `,
    (secret: string) => secret.toLowerCase().replace('~', '-'),
    (secret: string) => `\u0000${secret}`,
  ])('is not recognised when it is another (%#)', (change) => {
    const secret = newSecret()
    expect(isSecretOf(passwordCredential(secret, DATES), change(secret))).toBe(false)
  })

  test('without a name has null for one, as in Graph', () => {
    expect(passwordCredential('x', DATES).displayName).toBeNull()
  })
})

describe('isSameText', () => {
  test.each([
    ['', ''],
    ['a', 'a'],
    ['ä😀', 'ä😀'],
  ])('%j and %j are the same', (left, right) => {
    expect(isSameText(left, right)).toBe(true)
  })

  test.each([
    ['', 'a'],
    ['a', 'A'],
    ['a', 'aa'],
    ['a', 'a\u0000'],
    ['ä', 'a\u0308'],
  ])('%j and %j are not', (left, right) => {
    expect(isSameText(left, right)).toBe(false)
  })
})
