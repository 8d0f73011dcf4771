import { describe, expect, test } from 'vitest'
import { credentialsOf, works } from '../../../../cli/registration/credentials.ts'

const DAY = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()
const keyId = crypto.randomUUID()
const secret = (dates: { startDateTime?: string | null; endDateTime?: string | null } = {}) =>
  credentialsOf({ keyCredentials: [], passwordCredentials: [{ keyId, displayName: null, ...dates }] })

describe('the credentials of an app', () => {
  test('say null for what Graph does not say, so that no script takes a blank for a value', () => {
    expect(secret()).toEqual([
      {
        keyId,
        kind: 'secret',
        thumbprint: null,
        displayName: '',
        startDateTime: null,
        endDateTime: null,
        daysLeft: null,
      },
    ])
  })

  test('say null for the thumbprint of a certificate that Graph gives without any', () => {
    const certificate = { keyId, type: 'AsymmetricX509Cert', usage: 'Verify', endDateTime: inDays(2.5) }
    const [only] = credentialsOf({ keyCredentials: [certificate], passwordCredentials: [] })
    expect(only).toMatchObject({ kind: 'certificate', thumbprint: null, daysLeft: 2 })
  })

  test.each([
    ['without dates', {}, true],
    ['that has begun and has not ended', { startDateTime: inDays(-1), endDateTime: inDays(1) }, true],
    ['that has ended', { startDateTime: inDays(-2), endDateTime: inDays(-1) }, false],
    ['that has not begun', { startDateTime: inDays(1), endDateTime: inDays(2) }, false],
    ['without an end that has not begun', { startDateTime: inDays(1) }, false],
  ])('one %s works: %s', (_, dates, expected) => {
    expect(secret(dates).map((each) => works(each))).toEqual([expected])
  })
})
