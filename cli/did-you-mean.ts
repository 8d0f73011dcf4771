/** What somebody meant who mistyped one of a few words. commander does the same for commands and options. */

/** ` (did you mean "apiEndpoint"?)`, or nothing where no word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? '' : ` (did you mean "${near}"?)`
}

/** The nearest word, if it differs by less than half of its letters. `API_ENDPOINT` and `--api-endpoint` are `apiEndpoint`. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const typed = plain(word)
  let best: { readonly each: string; readonly distance: number } | undefined
  for (const each of known) {
    const other = plain(each)
    const distance = editDistance(typed, other)
    if (distance * 2 < Math.max(typed.length, other.length) && distance < (best?.distance ?? 4))
      best = { each, distance }
  }
  return best?.each
}

const plain = (word: string) =>
  word
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')

/** Insertions, deletions, substitutions, and neighbours that changed places (the optimal string alignment distance). */
function editDistance(one: string, other: string): number {
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const cost = one[row - 1] === other[column - 1] ? 0 : 1
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + cost,
        swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    ;[before, last] = [last, next]
  }
  return last[other.length] ?? 0
}
