import { isOpaque, meaningOf } from '../../claim-meanings.ts'
import { claimsOf } from '../../claims.ts'
import type { Action } from '../../command.ts'
import type { ExplainedRow } from '../../io.ts'
import { dateForPerson } from '../../relative-date.ts'
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
  const { lines, missing } = judgeToken(claims, { scope: (await settings()).need('scopes') })
  const judgement = [
    ...lines,
    ...missing.flatMap(({ what, next }) => [['missing', what] as const, ['', `next: ${next}`] as const]),
  ]
  // The answer itself on a terminal; in a pipe a remark beside the data.
  if (io.stdout.isTTY) {
    out.text('')
    out.fields(judgement, undefined)
  } else {
    for (const [name, text] of judgement) out.note(`${name.padEnd(LABEL)}  ${text}`)
  }
  return undefined
}

const LABEL = 'speaks for'.length

function rowOf(name: string, value: unknown, forPerson: boolean): ExplainedRow {
  const date = dateOf(name, value)
  const text = forPerson && date ? dateForPerson(date) : (date?.toISOString() ?? textOf(value))
  return { name, value: text, meaning: meaningOf(name, value), mayBeCut: isOpaque(name) }
}

const DATES: readonly string[] = ['exp', 'iat', 'nbf']

function dateOf(name: string, value: unknown): Date | undefined {
  const isDate = DATES.includes(name) && typeof value === 'number' && Math.abs(value) < 8.64e12
  return isDate ? new Date(value * 1000) : undefined
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
