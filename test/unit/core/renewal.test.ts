import { describe, expect, it } from 'vitest'
import { dueFrom, isDue, parseRenewalRule, RENEWAL_DEFAULT, type RenewalRule } from '../../../core/renewal.ts'

const HOUR = 3_600_000
const lifetime = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-01-11T00:00:00Z') }
const rule = (text: string): RenewalRule =>
  parseRenewalRule(text) ?? { kind: 'share-passed', share: Number.NaN }
const hoursIn = (hours: number) => new Date(lifetime.notBefore.getTime() + hours * HOUR)

describe('parseRenewalRule', () => {
  it.each([
    ['30d', 720 * HOUR],
    ['720h', 720 * HOUR],
    ['1h30m', 1.5 * HOUR],
    ['90m', 1.5 * HOUR],
    ['3600s', HOUR],
    ['0d', 0],
  ])('reads %s as a time before the end', (text, milliseconds) => {
    expect(parseRenewalRule(text)).toEqual({ kind: 'before-end', milliseconds })
  })

  it.each([
    ['66%', 0.66],
    ['0%', 0],
    ['100%', 1],
    ['33.5%', 0.335],
    ['12.125%', 0.12125],
  ])('reads %s as a share of the lifetime', (text, share) => {
    expect(parseRenewalRule(text)).toEqual({ kind: 'share-passed', share })
  })

  it.each([
    '',
    '30',
    'd',
    '-1d',
    '1.5d',
    '30 d',
    '101%',
    '%',
    '1e3d',
    '30D',
    '30d!',
    '1w',
    '12345678d',
    'NaN%',
    '-66%',
    'a66%',
    '1234%',
    '66%!',
    '66%%',
    '66%30d',
  ])('reads nothing from %j', (text) => expect(parseRenewalRule(text)).toBeUndefined())
})

describe('isDue', () => {
  it.each([
    ['2d', 191.9, false],
    ['2d', 192, true],
    ['66%', 158.3, false],
    ['66%', 158.4, true],
    ['0%', 0, true],
    ['100%', 239.9, false],
    ['100%', 240, true],
    ['0s', 239.9, false],
    ['0s', 240, true],
    ['9999d', 0, true],
  ])('by the rule %s is, after %d hours of 240, %s', (text, hours, due) => {
    expect(isDue(lifetime, rule(text), hoursIn(hours))).toBe(due)
  })

  it('is true for an expired certificate whatever the rule', () => {
    for (const text of ['0s', '1s', '0%', '100%', RENEWAL_DEFAULT])
      expect(isDue(lifetime, rule(text), hoursIn(241))).toBe(true)
  })
})

it('dueFrom is the first moment at which a certificate is due', () => {
  const from = dueFrom(lifetime, rule('3d'))
  expect(from.toISOString()).toBe('2026-01-08T00:00:00.000Z')
  expect(isDue(lifetime, rule('3d'), from)).toBe(true)
  expect(isDue(lifetime, rule('3d'), new Date(from.getTime() - 1))).toBe(false)
})
