/** Layouts for a terminal: tables, values with their meanings, fields. Columns are as wide as they need, cut where the terminal is not. */
import { cutTo, displayWidth, padEnd, wrap } from './text-width.ts'

/** The least that a column is cut to, in terminal cells: a date, and a little of a name, stay whole. */
const LEAST = 12
const GAP = 2

/**
 * How a column gives way on a terminal that is too narrow: `first`, left out before any other is cut; `whole`, left out after
 * those, where the others would have to be narrower than {@link LEAST}; `wrap`, going on in the next line, for the last column;
 * `never`, not at all. Any other is cut.
 */
export type Cut = 'first' | 'whole' | 'wrap' | 'never' | undefined

/**
 * Lays rows out in columns, within `width` cells, the headings being the first row. Wide characters count as the terminal shows
 * them. The widest column gives way first, but for what `cuts` says of a column. Where no table fits, each row becomes a block
 * with a line for each of its cells.
 */
export function layOut(
  rows: readonly (readonly string[])[],
  width: number,
  cuts: readonly Cut[] = [],
): string[] {
  return table(rows, width, cuts) ?? records(rows, width)
}

/** Undefined where it would be wider than `width`. */
function table(
  rows: readonly (readonly string[])[],
  width: number,
  cuts: readonly Cut[],
): string[] | undefined {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[index] ?? ''))),
  )
  const least = widths.map((each, index) =>
    cuts[index] === 'never' ? each : Math.min(each, Math.max(LEAST, displayWidth(rows[0]?.[index] ?? ''))),
  )
  const leaves = leaving(total(widths) > width, total(least) > width, cuts)
  if (leaves !== -1) {
    const others = <T>(all: readonly T[]) => all.filter((_, index) => index !== leaves)
    return table(rows.map(others), width, others(cuts))
  }
  if (total(least) > width) return undefined
  shrink(widths, least, total(widths) - width)
  return rows.flatMap((row) => lines(row, widths, cuts))
}

/** The column to leave out next; -1 for none. */
function leaving(isTight: boolean, isTooTight: boolean, cuts: readonly Cut[]): number {
  const first = isTight ? cuts.lastIndexOf('first') : -1
  return first === -1 && isTooTight ? cuts.lastIndexOf('whole') : first
}

const total = (widths: readonly number[]) =>
  widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1))

/** The lines of one row: one, but for cells that go on below. */
function lines(row: readonly string[], widths: readonly number[], cuts: readonly Cut[]): string[] {
  const cells = widths.map((width, index) =>
    cuts[index] === 'wrap' ? wrap(row[index] ?? '', width) : [cutTo(row[index] ?? '', width)],
  )
  const height = Math.max(...cells.map((cell) => cell.length))
  return Array.from({ length: height }, (_, line) =>
    widths
      .map((width, index) => padEnd(cells[index]?.[line] ?? '', width))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Takes `over` cells away, always from the widest of those that are wider than their least. */
function shrink(widths: number[], least: readonly number[], over: number): void {
  for (let left = over; left > 0; ) {
    const open = widths.map((each, index) => (each > (least[index] ?? 0) ? each : 0))
    const widest = Math.max(0, ...open)
    if (widest === 0) return
    const index = open.indexOf(widest)
    const next = Math.max(least[index] ?? 0, ...open.filter((each) => each < widest))
    const cut = Math.min(left, Math.max(1, widest - next))
    widths[index] = widest - cut
    left -= cut
  }
}

/** A block for each row, its cells below each other. */
function records([headings = [], ...rows]: readonly (readonly string[])[], width: number): string[] {
  return rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...fields(
      headings.map((heading, at) => [heading, row[at] ?? ''] as const).filter(([, cell]) => cell !== ''),
      width,
    ),
  ])
}

/** Names with their values, one below the other; a long value goes on below its beginning. */
export function fields(rows: readonly (readonly [name: string, value: string])[], width: number): string[] {
  const names = Math.max(0, ...rows.map(([name]) => displayWidth(name)))
  const room = Math.max(LEAST, width - names - GAP)
  return rows.flatMap(([name, value]) =>
    wrap(value, room).map((line, index) =>
      `${padEnd(index === 0 ? name : '', names + GAP)}${line}`.trimEnd(),
    ),
  )
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
