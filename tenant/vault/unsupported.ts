/** What Key Vault has and this vault does not: refused in words, so that nobody looks for a mistake of their own. */
import type { TenantRequest } from '../http/exchange.ts'
import { VaultError } from './errors.ts'

/** By method and address, what Key Vault calls it (https://learn.microsoft.com/rest/api/keyvault). */
const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: string])[] = [
  ['PUT', /^\/certificates\/contacts$/i, 'certificates/setcontacts'],
  ['DELETE', /^\/certificates\/contacts$/i, 'certificates/deletecontacts'],
  ['PUT', /^\/certificates\/issuers\/[^/]+$/i, 'certificates/setissuers'],
  ['PATCH', /^\/certificates\/issuers\/[^/]+$/i, 'certificates/setissuers'],
  ['DELETE', /^\/certificates\/issuers\/[^/]+$/i, 'certificates/deleteissuers'],
  ['POST', /^\/(certificates|keys|secrets)\/[^/]+\/backup$/i, 'backup'],
  ['POST', /^\/(certificates|keys|secrets)\/restore$/i, 'restore'],
  ['PUT', /^\/keys\/[^/]+$/i, 'keys/import'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/encrypt$/i, 'keys/encrypt'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/decrypt$/i, 'keys/decrypt'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/wrapkey$/i, 'keys/wrapKey'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/unwrapkey$/i, 'keys/unwrapKey'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/verify$/i, 'keys/verify'],
  ['POST', /^\/keys\/[^/]+(\/[^/]+)?\/release$/i, 'keys/release'],
  ['POST', /^\/keys\/[^/]+\/rotate$/i, 'keys/rotate'],
  ['PUT', /^\/keys\/[^/]+\/rotationpolicy$/i, 'keys/setrotationpolicy'],
  ['POST', /^\/rng$/i, 'rng'],
]

/** The answer to a request that no route takes, in words. */
export function unrouted({ method, path }: TenantRequest, allow: readonly string[]): VaultError {
  const known = OPERATIONS.find(([taken, pattern]) => taken === method && pattern.test(path))
  if (known !== undefined) return notSupported(known[2])
  if (allow.length === 0)
    return new VaultError(404, 'NotFound', 'The local vault has nothing at this address.')
  return new VaultError(
    405,
    'MethodNotAllowed',
    `This address takes another method than ${method}: ${allow.join(', ')}.`,
  )
}

/** `NotSupported` is Key Vault's own code for what a vault does not do. */
export function notSupported(operation: string): VaultError {
  return new VaultError(
    400,
    'NotSupported',
    `Operation "${operation}" is not supported by the local vault, which keeps certificates with their keys and secrets, and nothing else.`,
  )
}
