/**
 * Federated identity credentials: a workload's own OIDC token as client assertion, checked against its issuer's
 * published keys. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { Application, FederatedCredential } from '../directory.ts'
import { assertDates, parseAssertion } from './assertion.ts'
import { EntraError } from './errors.ts'
import { fetchJson } from './fetch-json.ts'
import type { TokenDeps } from './token.ts'

/**
 * For a client with federated credentials. True when the assertion is a workload's token, and stands. False when it is
 * the client's own (signed with a certificate), which others check.
 *
 * @throws EntraError 50027, 700211, 700212, 700213, 7002138, 50166, 50013, 700024
 */
export async function checkFederated(
  assertion: string,
  client: Application,
  { clock, caPem }: Pick<TokenDeps, 'clock' | 'caPem'>,
): Promise<boolean> {
  const { claims } = parseAssertion(assertion)
  const { iss: issuer, sub, aud } = claims
  if (typeof issuer !== 'string' || issuer.toLowerCase() === client.appId) return false
  const candidates = client.federatedCredentials.filter((credential) => credential.issuer === issuer)
  if (candidates.length === 0) throw unmatched(700211, 'issuer', issuer, client)
  const keys = await publishedKeys(issuer, caPem, client)
  await compactVerify(assertion, keys, { algorithms: ['RS256'] }).catch(() => {
    throw new EntraError(401, 'invalid_client', 50013, 'Assertion failed signature validation.', client.appId)
  })
  assertDates(claims, clock, client)
  assertMatch(candidates, typeof sub === 'string' ? sub : '', aud, client)
  return true
}

/** Letter case counts in subject and audience. */
function assertMatch(
  candidates: readonly FederatedCredential[],
  subject: string,
  aud: unknown,
  client: Application,
): void {
  // At most one: Graph refuses a second with the same issuer and subject.
  const match = candidates.find((credential) => credential.subject === subject)
  if (match === undefined) {
    const lower = subject.toLowerCase()
    const isCase = candidates.some((credential) => credential.subject.toLowerCase() === lower)
    throw isCase ? otherCase(subject, client) : unmatched(700213, 'subject', subject, client)
  }
  const named: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!match.audiences.some((audience) => named.includes(audience)))
    throw unmatched(700212, 'audience', named.join(' '), client)
}

async function publishedKeys(issuer: string, caPem: string, client: Application) {
  try {
    const { jwks_uri, issuer: named } = await fetchJson(
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      caPem,
    )
    if (named !== issuer || typeof jwks_uri !== 'string')
      throw new TypeError('the metadata is another issuer’s')
    // jose looks at the form of the set itself.
    return createLocalJWKSet((await fetchJson(jwks_uri, caPem)) as unknown as JSONWebKeySet)
  } catch {
    throw new EntraError(
      400,
      'invalid_request',
      50166,
      'Request to External OIDC endpoint failed.',
      client.appId,
    )
  }
}

function otherCase(subject: string, client: Application): EntraError {
  return new EntraError(
    401,
    'invalid_client',
    7002138,
    `No matching federated identity record found for presented assertion subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. See documentation at: https://learn.microsoft.com/entra/workload-id/workload-identity-federation. See breaking change notification and remediation at: https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024.`,
    client.appId,
  )
}

function unmatched(code: number, what: string, value: string, client: Application): EntraError {
  return new EntraError(
    401,
    'invalid_client',
    code,
    `No matching federated identity record found for presented assertion ${what} '${value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
    client.appId,
  )
}
