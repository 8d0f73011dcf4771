/**
 * Federated identity credentials: a workload's own OIDC token as client assertion, checked against its issuer's
 * published keys. https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import type { Application, FederatedCredential } from '../directory.ts'
import { issuerOfAssertion } from './assertion.ts'
import { EntraError } from './errors.ts'
import { fetchJson } from './fetch-json.ts'
import type { TokenDeps } from './token.ts'

const SKEW = 5 * 60

/**
 * True when the assertion is a workload's token, and stands. False when it is the client's own (signed with a
 * certificate), which others check.
 *
 * @throws EntraError 700211, 700212, 700213, 50166, 50013, 700024
 */
export async function checkFederated(
  assertion: string,
  client: Application,
  { clock, caPem }: Pick<TokenDeps, 'clock' | 'caPem'>,
): Promise<boolean> {
  if (client.federatedCredentials.length === 0) return false
  const issuer = issuerOfAssertion(assertion)
  if (issuer === undefined || issuer.toLowerCase() === client.appId) return false
  const candidates = client.federatedCredentials.filter((credential) => credential.issuer === issuer)
  if (candidates.length === 0) throw unmatched(700211, 'issuer', issuer, client)
  const keys = await publishedKeys(issuer, caPem, client)
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      issuer,
      algorithms: ['RS256'],
      clockTolerance: SKEW,
      currentDate: clock.now(),
      requiredClaims: ['exp', 'sub', 'aud'],
    })
    assertMatch(candidates, String(payload.sub), payload.aud ?? [], client)
    return true
  } catch (error) {
    if (error instanceof EntraError) throw error
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
      throw new EntraError(
        401,
        'invalid_client',
        700024,
        'Client assertion is not within its valid time range.',
        client.appId,
      )
    }
    throw new EntraError(401, 'invalid_client', 50013, 'Assertion failed signature validation.', client.appId)
  }
}

/** Letter case counts in subject and audience. */
function assertMatch(
  candidates: readonly FederatedCredential[],
  subject: string,
  aud: string | readonly string[],
  client: Application,
): void {
  const bySubject = candidates.filter((credential) => credential.subject === subject)
  if (bySubject.length === 0) throw unmatched(700213, 'subject', subject, client)
  const named = typeof aud === 'string' ? [aud] : aud
  const matches = bySubject.some(({ audiences }) => audiences.some((audience) => named.includes(audience)))
  if (!matches) throw unmatched(700212, 'audience', named.join(' '), client)
}

async function publishedKeys(issuer: string, caPem: string, client: Application) {
  try {
    const { jwks_uri, issuer: named } = await fetchJson(
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
      caPem,
    )
    if (named !== issuer || typeof jwks_uri !== 'string')
      throw new TypeError('the metadata is another issuer’s')
    const set = await fetchJson(jwks_uri, caPem)
    if (!isKeySet(set)) throw new TypeError('no key set')
    return createLocalJWKSet(set)
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

function isKeySet(value: unknown): value is JSONWebKeySet {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
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
