/** How wide text is on a terminal, and how it is cut, padded and broken to a width. Widths are in terminal cells. */
import { eastAsianWidth } from 'get-east-asian-width'

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

/** Text of at most `width` cells; where something was cut off, it ends in an ellipsis. Never cuts within a character. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let cells = 0
  for (const segment of graphemes(text)) {
    cells += graphemeWidth(segment)
    if (cells > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

export const padEnd = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))

/**
 * Breaks text at blanks into lines of at most `width` cells. A longer word stays whole, and so does a command that a person
 * may copy: pasted in two lines, its first half would run.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of wordsAndCommands(text)) {
    const last = lines.at(-1)
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** The words of a text; a command is one of them, from its program's name to where the sentence goes on. */
function wordsAndCommands(text: string): string[] {
  const words: string[] = []
  let inCommand = false
  for (const word of text.split(' ')) {
    if (inCommand && !word.startsWith('(')) words.push(`${words.pop()} ${word}`)
    else {
      words.push(word)
      inCommand = /^[("`]?(todo-cli|az)$/.test(word)
    }
    if (/[.,;:)]$/.test(word)) inCommand = false
  }
  return words
}

/** What a person sees as one character: https://www.unicode.org/reports/tr29/ */
function graphemes(text: string): string[] {
  if (/^[ -~]*$/.test(text)) return text.split('')
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

/** Two cells for an emoji, however many code points it is made of; else what its characters take, marks nothing. */
function graphemeWidth(grapheme: string): number {
  if (/^\p{RI}\p{RI}|^\p{Emoji}.*(\ufe0f|\u200d|\p{EMod})/su.test(grapheme)) return 2
  let width = 0
  for (const character of grapheme) width += characterWidth(character)
  return width
}

/** Vowels and final consonants of Hangul are drawn within the syllable that the first consonant, two cells wide, opens. */
const WITHIN = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff\ud7b0-\ud7ff]/u

function characterWidth(character: string): number {
  return WITHIN.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)
}
