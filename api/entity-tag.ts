import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from './problem.ts'

/** The strong entity tag of a todo's version (RFC 9110 section 8.8.3). */
export function entityTag(version: number): string {
  return `"${version}"`
}

/**
 * Reads `If-Match` (RFC 9110 section 13.1.1): the versions that would do, or undefined where any does (no header, `*`).
 * A weak tag never matches, by the strong comparison that the section asks for.
 *
 * @throws Problem `invalid_request`
 */
export function readIfMatch(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  return readTags(header, 'If-Match').flatMap(({ weak, version }) =>
    weak || version === undefined ? [] : [version],
  )
}

/** True when `If-None-Match` names the version (RFC 9110 section 13.1.2, weak comparison): the answer is 304. */
export function matchesNone(header: string | undefined, version: number): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return readTags(header, 'If-None-Match').some((tag) => tag.version === version)
}

/**
 * The conditions of a request to what is there and has no entity tag, the collection (RFC 9110 sections 13.1.1 and 13.1.2): no
 * tag is the one, so that `If-Match` holds for `*` alone, and `If-None-Match` for everything but `*`.
 *
 * @returns false where `If-None-Match` does not hold
 * @throws Problem `invalid_request`, and `precondition_failed` where `If-Match` does not hold
 */
export function holdsWithoutTag(headers: IncomingHttpHeaders): boolean {
  if (readIfMatch(headers['if-match']) !== undefined) {
    throw new Problem('precondition_failed', 'only a single todo has a version that If-Match can name')
  }
  return headers['if-none-match']?.trim() !== '*'
}

/** One element of the list with its comma: a tag, or nothing, which RFC 9110 section 5.6.1.2 says to skip. */
const ELEMENT = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/y

function readTags(header: string, name: string): { weak: boolean; version: number | undefined }[] {
  const tags: { weak: boolean; version: number | undefined }[] = []
  for (let at = 0; at < header.length; at = ELEMENT.lastIndex) {
    ELEMENT.lastIndex = at
    const match = ELEMENT.exec(header)
    if (match === null) throw noTag(name)
    const [, weak, opaque] = match
    if (opaque === undefined) continue
    tags.push({
      weak: weak !== undefined,
      version: /^[1-9]\d{0,14}$/.test(opaque) ? Number(opaque) : undefined,
    })
  }
  if (tags.length === 0) throw noTag(name)
  return tags
}

function noTag(name: string): Problem {
  return new Problem('invalid_request', `${name} has something that is no entity tag`)
}
