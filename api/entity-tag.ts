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

function readTags(header: string, name: string): { weak: boolean; version: number | undefined }[] {
  return header.split(',').map((part) => {
    const match = /^(W\/)?"([\x21\x23-\x7e]*)"$/.exec(part.trim())
    if (match === null) throw new Problem('invalid_request', `${name} has something that is no entity tag`)
    const version = /^[1-9]\d{0,14}$/.test(match[2] as string) ? Number(match[2]) : undefined
    return { weak: match[1] !== undefined, version }
  })
}
