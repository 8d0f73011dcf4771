const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** A date as a person says it: `in 3 months`, `2 hours ago`, `just now`. For a terminal; a pipe gets ISO 8601. */
export function relativeDate(iso: string, now: Date = new Date()): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000
  if (Number.isNaN(seconds)) return iso
  const found = UNITS.find(([, size]) => Math.abs(seconds) >= size)
  if (!found) return 'just now'
  const [unit, size] = found
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / size), unit)
}
