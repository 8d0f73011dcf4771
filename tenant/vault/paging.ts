import { type Answer, json } from '../http/exchange.ts'
import type { VaultContext } from './context.ts'
import { badParameter } from './errors.ts'

/** The most entries of a page, and how many there are where the caller does not say. */
const PAGE_MAX = 25

/**
 * One page of a list. The link to the next one names the last entry that was shown, so that what is added or removed in
 * between neither hides nor repeats another.
 *
 * @throws VaultError 400
 */
export function pageAnswer<T>(
  { request, origin }: VaultContext,
  entries: readonly T[],
  keyOf: (entry: T) => string,
  show: (entry: T) => object,
): Answer {
  const size = readSize(request.query.get('maxresults'))
  const after = readToken(request.query.get('$skiptoken'))
  const sorted = entries
    .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
    .filter((entry) => after === undefined || keyOf(entry) > after)
  const page = sorted.slice(0, size)
  const last = page.at(-1)
  const value = page.map(show)
  if (last === undefined || sorted.length <= size) return json(200, { value, nextLink: null })
  const next = new URLSearchParams({
    'api-version': request.query.get('api-version') ?? '',
    $skiptoken: Buffer.from(keyOf(last)).toString('base64url'),
    maxresults: String(size),
  })
  return json(200, { value, nextLink: `${origin}${request.path}?${next}` })
}

function readSize(text: string | null): number {
  if (text === null) return PAGE_MAX
  const size = Number(text)
  if (Number.isInteger(size) && size >= 1 && size <= PAGE_MAX) return size
  throw badParameter(`maxresults must be between 1 and ${PAGE_MAX}.`)
}

function readToken(text: string | null): string | undefined {
  return text === null ? undefined : Buffer.from(text, 'base64url').toString()
}
