/** OData, as far as app registrations need it: $filter, $select, $top and paging. https://learn.microsoft.com/graph/query-parameters */
import { type Answer, json } from '../http/exchange.ts'
import type { GraphContext, Json } from './context.ts'
import { badRequest, noSuchMember, unsupportedQuery } from './errors.ts'
import { readFilter } from './filter.ts'
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
  const { query, path, host } = context.request
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
  const nextLink = `https://${host}${path}?${next}`
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
  const shown = [...members, context.request.query.get('$expand')]
  return Object.fromEntries(Object.entries(entity).filter(([member]) => shown.includes(member)))
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
