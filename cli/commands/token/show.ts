import { isOpaque, meaningOf } from '../../claim-meanings.ts'
import { claimsOf } from '../../claims.ts'
import type { Action } from '../../command.ts'
import { type ExplainedRow, printable } from '../../io.ts'
import { relativeDate } from '../../relative-date.ts'
import { judgeToken } from '../../token-judgement.ts'

/** `todo-cli token show`: each claim with its meaning, then what the token may do. Never its signature. */
export const show: Action = async ({ io, out, settings, tokens }) => {
  const { token } = await (await tokens()).get()
  const claims = claimsOf(token)
  if (out.json) {
    out.value(claims)
    return undefined
  }
  out.explained(Object.entries(claims).map(([name, value]) => rowOf(name, value, io.stdout.isTTY === true)))
  const judgement = judgeToken(claims, { scope: (await settings()).need('scopes') })
  // The answer itself on a terminal; in a pipe a remark beside the data.
  const say = (line: string) => (io.stdout.isTTY ? out.text(printable(line)) : out.note(line))
  if (io.stdout.isTTY) out.text('')
  for (const [name, text] of judgement.lines) say(`${name.padEnd(LABEL)}  ${text}`)
  for (const { what, next } of judgement.missing) {
    say(`${'missing'.padEnd(LABEL)}  ${what}`)
    say(`${' '.repeat(LABEL)}  next: ${next}`)
  }
  return undefined
}

const LABEL = 'speaks for'.length

function rowOf(name: string, value: unknown, forPerson: boolean): ExplainedRow {
  const text = textOf(name, value)
  const isDate = DATES.includes(name) && typeof value === 'number'
  const shown = forPerson && isDate ? `${text} (${relativeDate(text)})` : text
  return { name, value: shown, meaning: meaningOf(name, value), mayBeCut: isOpaque(name) }
}

const DATES: readonly string[] = ['exp', 'iat', 'nbf']

function textOf(name: string, value: unknown): string {
  if (DATES.includes(name) && typeof value === 'number' && Math.abs(value) < 8.64e12) {
    return new Date(value * 1000).toISOString()
  }
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
