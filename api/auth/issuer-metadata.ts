/**
 * The issuer's metadata (OpenID Connect Discovery 1.0 section 3), checked against the authority that was configured:
 * whoever could answer for the discovery address must not be able to name an issuer or keys of somebody else.
 */
import { isLoopbackHost } from '../../core/loopback.ts'

export interface IssuerMetadata {
  /** The `iss` of every token of this issuer, exactly. */
  readonly issuer: string
  readonly jwksUri: string
}

/** The discovery document's address of an Entra authority (`https://host/<tenant id>`). */
export function discoveryUrl(authority: string): string {
  return `${authority}/v2.0/.well-known/openid-configuration`
}

/**
 * Reads a discovery document.
 *
 * The issuer has to be on the authority's own host. Two exceptions, both Entra's: an External ID tenant asked by its
 * name answers with its id as host label, and a path other than the authority's is taken from the document.
 * https://learn.microsoft.com/entra/external-id/customers/how-to-user-flow-sign-up-sign-in-customers
 *
 * @throws Error with the reason, for the log
 */
export function readMetadata(document: unknown, authority: string, tenantId: string): IssuerMetadata {
  if (typeof document !== 'object' || document === null)
    throw new Error('the discovery document is not a JSON object')
  const { issuer, jwks_uri: jwksUri } = document as Record<string, unknown>
  const issuerUrl = secureUrl(issuer, 'issuer')
  const jwksUrl = secureUrl(jwksUri, 'jwks_uri')
  const host = new URL(authority).host
  const hosts = [host]
  if (host.endsWith('.ciamlogin.com')) hosts.push(`${tenantId.toLowerCase()}.ciamlogin.com`)
  if (!hosts.includes(issuerUrl.host)) throw new Error(`the issuer is on ${issuerUrl.host}, not on ${host}`)
  if (!hosts.includes(jwksUrl.host)) throw new Error(`jwks_uri is on ${jwksUrl.host}, not on ${host}`)
  if (!issuerUrl.pathname.toLowerCase().split('/').includes(tenantId.toLowerCase())) {
    throw new Error('the issuer does not name the configured tenant')
  }
  return { issuer: issuer as string, jwksUri: jwksUrl.href }
}

function secureUrl(value: unknown, name: string): URL {
  if (typeof value !== 'string' || !URL.canParse(value))
    throw new Error(`the discovery document has no ${name}`)
  const url = new URL(value)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))) return url
  throw new Error(`${name} is not an https address`)
}
