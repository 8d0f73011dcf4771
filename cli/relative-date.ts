const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/**
 * A date as a person says it: `in 3 months`, `2 hours ago`, `just now`. For a terminal; a pipe gets ISO 8601. Never `yesterday` or
 * `next month`, which are not what is 30 hours or 45 days away.
 */
export function relativeDate(iso: string, now: Date = new Date()): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000
  if (Number.isNaN(seconds)) return iso
  const found = UNITS.find(([, size]) => Math.abs(seconds) >= size)
  if (!found) return seconds > 0 ? 'in less than a minute' : 'just now'
  const [unit, size] = found
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(seconds / size), unit)
}

/** For a terminal, where the moment matters, too: `2027-11-25 13:29 UTC (in 11 months)`. */
export function dateForPerson(date: Date, now: Date = new Date()): string {
  if (Number.isNaN(date.getTime())) return 'an unknown date'
  const iso = date.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC (${relativeDate(iso, now)})`
}
