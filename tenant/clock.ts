/** The tenant's own time, which the admin interface can move, so that an expiry needs no waiting. */
export interface Clock {
  now(): Date
  /** Seconds since 1970, rounded down: the unit of JWT dates (RFC 7519 section 2, NumericDate). */
  seconds(): number
  /** Puts the clock this many milliseconds ahead of (or behind) its source. */
  move(offsetMs: number): void
  readonly offsetMs: number
}

/** A clock over a source of time, not moved at first. */
export function createClock(source: () => Date = () => new Date(), offsetMs = 0): Clock {
  let offset = offsetMs
  const now = () => new Date(source().getTime() + offset)
  return {
    now,
    seconds: () => Math.floor(now().getTime() / 1000),
    move: (ms) => {
      offset = ms
    },
    get offsetMs() {
      return offset
    },
  }
}
