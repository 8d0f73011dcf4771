/** A table for a terminal: columns as wide as they need, cut where the terminal is not. */
import stringWidth from 'string-width'

/** The least that a column is cut to, in terminal cells. */
const LEAST = 8
const GAP = 2

/**
 * Lays rows out in columns, within `width` cells. Wide characters count as the terminal shows them. Where the rows do not fit,
 * the widest column gives way first.
 */
export function layOut(rows: readonly (readonly string[])[], width: number): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, index) =>
    Math.max(0, ...rows.map((row) => stringWidth(row[index] ?? ''))),
  )
  let over = widths.reduce((sum, each) => sum + each, GAP * (columns - 1)) - width
  while (over > 0) {
    const widest = Math.max(...widths)
    const next = Math.max(LEAST, ...widths.filter((each) => each < widest))
    if (widest <= LEAST) break
    const index = widths.indexOf(widest)
    const cut = Math.min(over, Math.max(1, widest - next))
    widths[index] = widest - cut
    over -= cut
  }
  return rows.map((row) =>
    widths
      .map((each, index) => padEnd(cutTo(row[index] ?? '', each), each))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Text of at most `width` cells; where something was cut off, it ends in an ellipsis. Never cuts within a character. */
export function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const padEnd = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - stringWidth(text)))
