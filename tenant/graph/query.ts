/** OData, as far as app registrations need it: $filter, $select, $top and paging. https://learn.microsoft.com/graph/query-parameters */
import { type Answer, json } from '../http/exchange.ts'
import type { GraphContext, Json } from './context.ts'
import { badRequest, noSuchMember, unsupportedQuery } from './errors.ts'
import { unknownMember } from './members.ts'

const PAGE = 100
const PAGE_MAX = 999

/** What `$expand` can add to an entity, by name. */
export type Expandable = Readonly<Record<string, (entity: Json) => readonly Json[]>>

/** One entity, with its context URL; `$select` leaves the named members, `$expand` adds one. */
export function entityAnswer(
  status: number,
  context: GraphContext,
  type: string,
  plain: Json,
  expandable: Expandable = {},
): Answer {
  assertOptions(context)
  assertSelection(context, type)
  const entity = expansion(context, type, expandable)(plain)
  const body = { '@odata.context': `${context.base}/$metadata#${type}/$entity`, ...selected(context, entity) }
  return json(status, body)
}

/** A collection: filtered, then the page that was asked for, with the link to the next one. */
export function listAnswer(
  context: GraphContext,
  type: string,
  entities: readonly Json[],
  expandable: Expandable = {},
): Answer {
  const { query, path } = context.request
  assertOptions(context)
  assertSelection(context, type)
  const expanded = expansion(context, type, expandable)
  const matches = readFilter(query.get('$filter'))
  const size = readTop(query.get('$top'))
  const from = Number(query.get('$skiptoken') ?? 0)
  if (!Number.isInteger(from) || from < 0) throw badRequest('Invalid skip token.')
  const found = entities.filter(matches)
  const value = found.slice(from, from + size).map((entity) => selected(context, expanded(entity)))
  const next = new URLSearchParams(query)
  next.set('$skiptoken', String(from + size))
  const nextLink = `${context.base.replace(/\/v1\.0$/, '')}${path}?${next}`
  return json(200, {
    '@odata.context': `${context.base}/$metadata#${type}`,
    ...(query.get('$count') === 'true' ? { '@odata.count': found.length } : {}),
    ...(found.length > from + size ? { '@odata.nextLink': nextLink } : {}),
    value,
  })
}

/** The members that `$select` names, undefined where it is absent. */
export function selection({ request }: Pick<GraphContext, 'request'>): string[] | undefined {
  const select = request.query.get('$select')
  return select === null ? undefined : select.split(',').map((member) => member.trim())
}

function selected(context: GraphContext, entity: Json): Json {
  const members = selection(context)
  if (members === undefined) return entity
  const expanded = context.request.query.get('$expand')
  if (expanded !== null) members.push(expanded)
  return Object.fromEntries(Object.entries(entity).filter(([member]) => members.includes(member)))
}

const OPTIONS = ['$filter', '$select', '$top', '$count', '$skiptoken', '$expand', '$format']
const ADVANCED = ['$orderby', '$search', '$skip']

/** An option that would change the answer and is not honoured is refused, never passed over. @throws GraphError 400 */
function assertOptions({ request }: GraphContext): void {
  for (const option of request.query.keys()) {
    if (ADVANCED.includes(option.toLowerCase()))
      throw unsupportedQuery(`'${option}' is not supported by the service.`)
    if (option.startsWith('$') && !OPTIONS.includes(option))
      throw badRequest(`The query parameter '${option}' is not supported.`)
  }
}

/** @throws GraphError 400 for a member that the type does not have */
function assertSelection(context: GraphContext, type: string): void {
  const unknown = unknownMember(type, selection(context) ?? [])
  if (unknown !== undefined) throw noSuchMember(unknown.name, unknown.type)
}

/** @throws GraphError 400 for a relationship that can not be expanded */
function expansion({ request }: GraphContext, type: string, expandable: Expandable): (entity: Json) => Json {
  const name = request.query.get('$expand')
  if (name === null) return (entity) => entity
  const expand = Object.hasOwn(expandable, name) ? expandable[name] : undefined
  if (expand !== undefined) return (entity) => ({ ...entity, [name]: expand(entity) })
  throw noSuchMember(name, type.replace(/s$/, ''))
}

function readTop(text: string | null): number {
  if (text === null) return PAGE
  const top = Number(text)
  if (Number.isInteger(top) && top >= 1 && top <= PAGE_MAX) return top
  throw badRequest(`Invalid page size specified: '${text}'. Must be between 1 and ${PAGE_MAX} inclusive.`)
}

type Predicate = (entity: Json) => boolean

const STRING = "'((?:[^']|'')*)'"
const EQUALS = new RegExp(`^(\\w+)\\s+eq\\s+${STRING}$`)
const STARTS = new RegExp(`^startswith\\((\\w+),\\s*${STRING}\\)$`, 'i')
const ANY = new RegExp(`^(\\w+)/any\\((\\w+):\\s*\\2\\s+eq\\s+${STRING}\\)$`)

/** `a eq 'b'`, `startswith(a,'b')`, `a/any(x:x eq 'b')`, joined with `and`. @throws GraphError 400 */
export function readFilter(filter: string | null): Predicate {
  if (filter === null) return () => true
  const clauses = filter.trim().match(/(?:'(?:[^']|'')*'|(?!\s+and\s+)[\s\S])+/gi) ?? []
  if (clauses.length === 0) throw badRequest('Invalid filter clause.')
  const predicates = clauses.map((clause) => readClause(clause.trim().replace(/^and\s+/i, '')))
  return (entity) => predicates.every((predicate) => predicate(entity))
}

function readClause(clause: string): Predicate {
  const [, equalMember = '', equalTo] = EQUALS.exec(clause) ?? []
  if (equalTo !== undefined) return (entity) => same(member(entity, equalMember), unquoted(equalTo))
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
  if (/\s(ne|not|or|gt|ge|lt|le|in)\s|^not\b|^(endswith|contains)\(/i.test(clause))
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
