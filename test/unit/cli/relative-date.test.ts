import { describe, expect, it } from 'vitest'
import { dateForPerson, relativeDate } from '../../../cli/relative-date.ts'

const NOW = new Date('2026-11-22T12:00:00Z')

describe('relativeDate', () => {
  it.each([
    ['2026-11-22T12:00:30Z', 'in less than a minute'],
    ['2026-11-22T12:00:00Z', 'just now'],
    ['2026-11-22T11:59:01Z', 'just now'],
    ['2026-11-22T11:58:00Z', '2 minutes ago'],
    ['2026-11-22T15:00:00Z', 'in 3 hours'],
    ['2026-11-21T12:00:00Z', '1 day ago'],
    ['2026-11-20T13:00:00Z', '1 day ago'],
    ['2027-01-05T12:00:00Z', 'in 1 month'],
    ['2026-12-20T12:00:00Z', 'in 28 days'],
    ['2027-11-22T12:00:00Z', 'in 11 months'],
    ['2028-11-22T12:00:00Z', 'in 2 years'],
    ['no date', 'no date'],
  ])('says of %s: %s', (iso, said) => {
    expect(relativeDate(iso, NOW)).toBe(said)
  })
})

describe('dateForPerson', () => {
  it.each([
    ['2027-11-25T13:29:29.000Z', '2027-11-25 13:29 UTC (in 1 year)'],
    ['2026-11-22T10:00:00.000Z', '2026-11-22 10:00 UTC (2 hours ago)'],
    ['no date', 'an unknown date'],
  ])('says of %s: %s', (iso, said) => {
    expect(dateForPerson(new Date(iso), NOW)).toBe(said)
  })
})
