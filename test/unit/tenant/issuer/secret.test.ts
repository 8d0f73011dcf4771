/** The dates of a client secret, each alone (entra.md 2.2). */
import { describe, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import { passwordCredential } from '../../../../tenant/credentials.ts'
import { checkSecret } from '../../../../tenant/issuer/secret.ts'
import { newApplication } from '../../../../tenant/seed/applications.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const clock = createClock(() => NOW)
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const secret = (text: string, from: number, until: number) =>
  passwordCredential(text, { startDateTime: at(from), endDateTime: at(until) })
const check = (presented: string, ...passwordCredentials: ReturnType<typeof secret>[]) =>
  checkSecret(
    newApplication({ displayName: 'x', createdDateTime: NOW.toISOString(), passwordCredentials }),
    presented,
    clock,
  )
const refused = (code: number) => expect.objectContaining({ status: 401, error: 'invalid_client', code })

describe('a secret', () => {
  test.each([
    [-60, 60],
    [0, 1],
  ])('that begins at %i and ends at %i is taken', (from, until) => {
    expect(() => check('right', secret('right', from, until))).not.toThrow()
  })

  test.each([
    ['has not begun', 7000215, 1, 60],
    ['ends now', 7000222, -60, 0],
    ['has ended', 7000222, -60, -1],
  ])('that %s is refused: AADSTS%i', (_, code, from, until) => {
    expect(() => check('right', secret('right', from, until))).toThrow(refused(code))
  })

  test('that was never the app’s is wrong, whatever has ended', () => {
    for (const presented of ['wrong', '', 'RIGHT'])
      expect(() => check(presented, secret('right', -60, -1))).toThrow(refused(7000215))
    expect(() => check('wrong')).toThrow(refused(7000215))
  })

  test('is found among several, and taken where one of the same text still counts', () => {
    const [ended, other, present] = [
      secret('right', -60, -1),
      secret('other', -60, 60),
      secret('right', -1, 60),
    ]
    expect(() => check('right', ended, other, present)).not.toThrow()
    expect(() => check('right', ended, other)).toThrow(refused(7000222))
  })
})
