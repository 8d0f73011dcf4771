/** A table for a terminal: columns as wide as they need, cut where the terminal is not. */
import { eastAsianWidth } from 'get-east-asian-width'

/** The least that a column is cut to, in terminal cells. */
const LEAST = 8
const GAP = 2

/**
 * How a column gives way: `first`, before the others, and left out where that is not enough; `whole`, left out after those;
 * `never`, not at all.
 */
export type Cut = 'first' | 'whole' | 'never' | undefined

/**
 * Lays rows out in columns, within `width` cells. Wide characters count as the terminal shows them. Where the rows do not fit,
 * the widest column gives way first, but for what `cuts` says of a column.
 */
export function layOut(
  rows: readonly (readonly string[])[],
  width: number,
  cuts: readonly Cut[] = [],
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[index] ?? ''))),
  )
  const least = widths.map((each, index) => (cuts[index] === 'never' ? each : Math.min(each, LEAST)))
  const leaves =
    total(least) > width ? (['first', 'whole'] as const).find((cut) => cuts.includes(cut)) : undefined
  if (leaves) {
    const left = rows.map((row) => row.filter((_, index) => cuts[index] !== leaves))
    return layOut(
      left,
      width,
      cuts.filter((cut) => cut !== leaves),
    )
  }
  shrink(widths, total(widths) - width, (index) => cuts[index] === 'first')
  shrink(widths, total(widths) - width, (index) => cuts[index] !== 'never')
  return rows.map((row) =>
    widths
      .map((each, index) => padEnd(cutTo(row[index] ?? '', each), each))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

const total = (widths: readonly number[]) =>
  widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1))

/** Takes `over` cells away, always from the widest of those that may give way. */
function shrink(widths: number[], over: number, may: (index: number) => boolean): void {
  const candidates = () => widths.filter((_, index) => may(index))
  for (let left = over; left > 0; ) {
    const widest = Math.max(0, ...candidates())
    if (widest <= LEAST) return
    const next = Math.max(LEAST, ...candidates().filter((each) => each < widest))
    const index = widths.findIndex((each, at) => each === widest && may(at))
    const cut = Math.min(left, Math.max(1, widest - next))
    widths[index] = widest - cut
    left -= cut
  }
}

/** A name with its value and what that means, see {@link explain}. */
interface Explained {
  readonly name: string
  readonly value: string
  readonly meaning: string
  readonly mayBeCut?: boolean
}

/** Lays out values with their meanings: in one line each where `width` is enough for all, else the meaning below the value. */
export function explain(
  rows: readonly Explained[],
  width: number,
  faint: (text: string) => string,
): string[] {
  const names = Math.max(0, ...rows.map(({ name }) => displayWidth(name)))
  const values = Math.max(0, ...rows.map(({ value }) => displayWidth(value)))
  const meanings = Math.max(0, ...rows.map(({ meaning }) => displayWidth(meaning)))
  if (names + values + meanings + 2 * GAP <= width) {
    return rows.map(
      ({ name, value, meaning }) =>
        `${padEnd(name, names)}${' '.repeat(GAP)}${padEnd(value, values)}${' '.repeat(GAP)}${faint(meaning)}`,
    )
  }
  const margin = ' '.repeat(names + GAP)
  const room = Math.max(LEAST, width - names - GAP)
  return rows.flatMap(({ name, value, meaning, mayBeCut }) => [
    `${padEnd(name, names)}${' '.repeat(GAP)}${mayBeCut ? cutTo(value, room) : value}`,
    ...wrap(meaning, room).map((line) => `${margin}${faint(line)}`),
  ])
}

/** Breaks text at blanks into lines of at most `width` cells; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && displayWidth(`${last} ${word}`) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Text of at most `width` cells; where something was cut off, it ends in an ellipsis. Never cuts within a character. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  for (const segment of graphemes(text)) {
    if (displayWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const padEnd = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - displayWidth(text)))

/**
 * The cells that a text takes on a terminal. Plain ASCII, which is nearly everything, is counted without the machinery of
 * Unicode, which takes longer to load than Node.js.
 */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme)
  return width
}

/** What a person sees as one character: https://www.unicode.org/reports/tr29/ */
function graphemes(text: string): string[] {
  if (/^[ -~]*$/.test(text)) return text.split('')
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

/** Two cells for East Asian wide characters, emoji, flags, and what a variation selector makes one; none for marks alone. */
function graphemeWidth(grapheme: string): number {
  if (/\ufe0f|^\p{RI}\p{RI}/u.test(grapheme)) return 2
  const [first = ''] = grapheme
  return /^[\p{M}\p{Cf}]/u.test(first) ? 0 : eastAsianWidth(first.codePointAt(0) ?? 0)
}
