/** What callers send, read at the door. */
import type { TenantRequest } from '../http/exchange.ts'
import { object } from './certificate-policy.ts'
import { badParameter } from './errors.ts'

/** The JSON object in the body. @throws VaultError 400 */
export async function readJson(request: TenantRequest): Promise<Readonly<Record<string, unknown>>> {
  const text = (await request.body()).toString()
  try {
    return object(JSON.parse(text), 'body')
  } catch {
    throw badParameter('The request body is not a JSON object.')
  }
}

/** Letters, digits and hyphens, 1 to 127 of them. @throws VaultError 400 */
export function readName(name = ''): string {
  if (/^[0-9a-zA-Z-]{1,127}$/.test(name)) return name
  throw badParameter(`The request URI contains an invalid name: ${name}`)
}

/** @throws VaultError 400 */
export function readTags(value: unknown): Record<string, string> {
  const tags = Object.entries(object(value ?? {}, 'tags'))
  if (tags.length > 15) throw badParameter('There may be at most 15 tags.')
  return Object.fromEntries(
    tags.map(([key, tag]) => {
      if (typeof tag === 'string' && tag.length <= 256 && key.length <= 256) return [key, tag]
      throw badParameter(`The tag ${key} is no text of at most 256 characters.`)
    }),
  )
}

/** `attributes.enabled`: undefined where it is not said. @throws VaultError 400 */
export function readEnabled(value: unknown): boolean | undefined {
  const { enabled } = object(value ?? {}, 'attributes')
  if (enabled === undefined || enabled === null || typeof enabled === 'boolean') return enabled ?? undefined
  throw badParameter('Property attributes.enabled is not a boolean.')
}
