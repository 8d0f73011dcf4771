/** What a code means, offline: of Entra, Key Vault, Microsoft Graph, this program, and those whose names turn up beside them. */
import { ERRORS } from '../../core/errors.ts'
import { aadstsCodes, explainAadsts, explainText } from '../auth/aadsts.ts'
import { explainGraphCode, GRAPH_CODES } from '../graph/codes.ts'
import { explainVaultCode, VAULT_CODES } from '../vault/codes.ts'
import type { Explanation } from './explanation.ts'
import { explainOther, otherCodes } from './others.ts'
import { explainOwn } from './own.ts'

export interface Explained extends Explanation {
  /** The code as it is written. */
  readonly code: string
}

/**
 * The code may be typed in any case, without the letters AADSTS, or come within a message that somebody pasted; then it is
 * the first one that is known.
 */
export function explain(text: string): Explained | undefined {
  for (const word of [text, ...wordsOf(text)]) {
    const found =
      explainAadsts(word) ?? explainVaultCode(word) ?? explainGraphCode(word) ?? explainOther(word)
    const explanation = found ?? explainOwn(word)
    if (explanation) return { code: spelled(word), ...(explainText(word, text) ?? explanation) }
  }
  return undefined
}

/** The words of a message that look like codes: those with a number first, which say the most. */
function wordsOf(text: string): string[] {
  const words = (text.match(/[A-Za-z][\w-]*/g) ?? []).filter((word) =>
    /\d|[a-z][A-Z]|[_-]|^[A-Z]{4,}/.test(word),
  )
  return [...words.filter((word) => /\d{4}/.test(word)), ...words]
}

/** Every code that is explained. */
export const knownCodes = (): string[] => [
  ...aadstsCodes(),
  ...Object.keys(VAULT_CODES),
  ...Object.keys(GRAPH_CODES),
  ...otherCodes(),
  ...Object.keys(ERRORS),
]

const spelled = (word: string) => {
  const names = [word, `AADSTS${word}`].map((name) => name.toLowerCase())
  return knownCodes().find((code) => names.includes(code.toLowerCase())) ?? word
}

/** The known codes that a mistyped one may be meant for, the nearest first; at most three. */
export function nearest(text: string): string[] {
  if (/^\d{0,4}$/.test(text)) return []
  const typed = (/^\d+$/.test(text) ? `aadsts${text}` : text).toLowerCase()
  // A digit more or less is another code: numbers are near only where they differ by one edit.
  const most = /\d{4}/.test(typed) ? 1 : Math.min(3, Math.floor(typed.length / 3))
  return knownCodes()
    .map((code) => ({ code, away: distance(typed, code.toLowerCase()) }))
    .filter(({ away }) => away <= most)
    .sort((one, other) => one.away - other.away)
    .slice(0, 3)
    .map(({ code }) => code)
}

/** How many letters are to be inserted, removed, replaced, or swapped with the next one. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= one.length; row += 1) {
    rows[row] = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1]
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const ways = [
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
      ]
      rows[row]?.push(Math.min(...ways, ...(swapped ? [at(row - 2, column - 2) + 1] : [])))
    }
  }
  return at(one.length, other.length)
}
