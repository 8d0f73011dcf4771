/** `$filter`, as far as app registrations need it. https://learn.microsoft.com/graph/filter-query-parameter */
import type { Json } from './context.ts'
import { badRequest, unsupportedQuery } from './errors.ts'

type Predicate = (entity: Json) => boolean

const LITERAL = "'(?:[^']|'')*'"
const STRING = "'((?:[^']|'')*)'"
const EQUALS = new RegExp(`^(\\w+)\\s+eq\\s+${STRING}$`)
const IN = new RegExp(`^(\\w+)\\s+in\\s*\\(\\s*(${LITERAL}(?:\\s*,\\s*${LITERAL})*)\\s*\\)$`)
const STARTS = new RegExp(`^startswith\\((\\w+),\\s*${STRING}\\)$`, 'i')
const ANY = new RegExp(`^(\\w+)/any\\((\\w+):\\s*\\2\\s+eq\\s+${STRING}\\)$`)

/** How deep parentheses may lie: more than any client sends. */
const DEPTH = 10

/**
 * `a eq 'b'`, `a in ('b','c')`, `startswith(a,'b')`, `a/any(x:x eq 'b')`, joined with `and` and `or`, in parentheses.
 *
 * @throws GraphError 400
 */
export function readFilter(filter: string | null): Predicate {
  return filter === null ? () => true : readAlternatives(filter, 0)
}

function readAlternatives(text: string, depth: number): Predicate {
  if (depth > DEPTH) throw badRequest('Invalid filter clause.')
  const alternatives = split(text, 'or').map((part) => {
    const units = split(part, 'and').map((unit) => readUnit(unit.trim(), depth))
    return (entity: Json) => units.map((unit) => unit(entity)).every(Boolean)
  })
  // Each is asked, so that a member that there is not is found wherever it stands.
  return (entity) => alternatives.map((alternative) => alternative(entity)).some(Boolean)
}

/** What stands in parentheses as a whole, or one clause. */
function readUnit(unit: string, depth: number): Predicate {
  return unit.startsWith('(') && unit.endsWith(')')
    ? readAlternatives(unit.slice(1, -1), depth + 1)
    : readClause(unit)
}

/** Splits at a word that stands outside of quotes and parentheses. */
function split(text: string, word: 'and' | 'or'): string[] {
  const parts: string[] = []
  const separator = new RegExp(`\\s${word}\\s`, 'iy')
  let from = 0
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === "'") quoted = !quoted
    if (quoted) continue
    if (letter === '(') depth += 1
    if (letter === ')') depth -= 1
    separator.lastIndex = at
    if (depth > 0 || !separator.test(text)) continue
    parts.push(text.slice(from, at))
    from = separator.lastIndex
    at = from - 1
  }
  return [...parts, text.slice(from)]
}

function readClause(clause: string): Predicate {
  const [, equalMember = '', equalTo] = EQUALS.exec(clause) ?? []
  if (equalTo !== undefined) return (entity) => same(member(entity, equalMember), unquoted(equalTo))
  const [, inMember = '', wanted] = IN.exec(clause) ?? []
  if (wanted !== undefined) {
    const values = [...wanted.matchAll(new RegExp(STRING, 'g'))].map(([, value = '']) => unquoted(value))
    return (entity) => {
      const found = member(entity, inMember)
      return values.some((value) => same(found, value))
    }
  }
  const [, startMember = '', start] = STARTS.exec(clause) ?? []
  if (start !== undefined) {
    return (entity) =>
      String(member(entity, startMember)).toLowerCase().startsWith(unquoted(start).toLowerCase())
  }
  const [, listMember = '', , entry] = ANY.exec(clause) ?? []
  if (entry !== undefined) {
    return (entity) => {
      const list = member(entity, listMember)
      return Array.isArray(list) && list.some((value) => same(value, unquoted(entry)))
    }
  }
  if (/\s(ne|not|gt|ge|lt|le)\s|^not\b|^(endswith|contains)\(/i.test(clause))
    throw unsupportedQuery('Unsupported or invalid query filter clause specified.')
  throw badRequest('Invalid filter clause.')
}

/** A filter on a member that does not exist is a mistake, not an empty result. */
function member(entity: Json, name: string): unknown {
  if (Object.hasOwn(entity, name)) return entity[name]
  throw badRequest(`Invalid filter clause: Could not find a property named '${name}'.`)
}

/** Letter case does not count in Graph's comparisons. */
function same(value: unknown, wanted: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === wanted.toLowerCase()
}

function unquoted(text: string): string {
  return text.replaceAll("''", "'")
}
