import { describe, expect, it } from 'vitest'
import { relativeDate } from '../../../cli/relative-date.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

describe('relativeDate', () => {
  it.each([
    ['2026-11-22T12:00:30Z', 'just now'],
    ['2026-11-22T11:59:01Z', 'just now'],
    ['2026-11-22T11:58:00Z', '2 minutes ago'],
    ['2026-11-22T15:00:00Z', 'in 3 hours'],
    ['2026-11-21T12:00:00Z', 'yesterday'],
    ['2026-12-20T12:00:00Z', 'in 28 days'],
    ['2027-11-22T12:00:00Z', 'in 11 months'],
    ['2028-11-22T12:00:00Z', 'in 2 years'],
    ['no date', 'no date'],
  ])('says of %s: %s', (iso, said) => {
    expect(relativeDate(iso, NOW)).toBe(said)
  })
})
