/** What can be read in a token that the API refused: it tells the cause more often than the API does. */
import { rolesOf, scopesOf } from '../core/permissions.ts'
import { claimsOf } from './claims.ts'

/** The application of the token's audience is the API. */
const version2 = (audience: string) => {
  const id = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i.exec(audience)?.[0] ?? 'API_CLIENT_ID'
  const url = `https://graph.microsoft.com/v1.0/applications(appId='${id}')`
  return `have the API get v2.0 tokens: az rest --method patch --url "${url}" --body '{"api":{"requestedAccessTokenVersion":2}}', then: todo-cli token clear`
}

export interface TokenFault {
  readonly seen: string
  readonly next: string
}

interface ClaimRule {
  /** What the API says. Its words are a library's, and not everybody's. */
  readonly said: RegExp
  readonly claim: 'aud' | 'iss' | 'tid'
  readonly name: string
  readonly next: string
}

const SAME_TENANT =
  "authority and API must be of the same tenant: todo-cli config get authority; on the API's side: TODO_API_AUTHORITY, TODO_API_TENANT_ID"

const RULES: readonly ClaimRule[] = [
  {
    said: /'aud'|audience|IDX10214/i,
    claim: 'aud',
    name: 'audience',
    next: "the scope must be of the app of the API: todo-cli config get scopes; on the API's side: TODO_API_CLIENT_ID",
  },
  { said: /'tid'/, claim: 'tid', name: 'tenant', next: SAME_TENANT },
  { said: /'iss'|issuer|IDX10205/i, claim: 'iss', name: 'issuer', next: SAME_TENANT },
]

/** The claim for which the API refuses the token, by what it said, with the value that the token has. */
export function refusedClaim(token: string, said: string): TokenFault | undefined {
  const rule = RULES.find((each) => each.said.test(said))
  const value = rule && readable(token)[rule.claim]
  if (rule === undefined || typeof value !== 'string') return undefined
  const seen = `the token's ${rule.name} is ${value.slice(0, 200)}, and the API expects another`
  return { seen, next: rule.next }
}

/** A v1.0 token, which an API that expects v2.0 refuses for its issuer or its audience. */
export function versionFault(token: string): TokenFault | undefined {
  const { ver, aud } = readable(token)
  if (ver !== '1.0') return undefined
  return { seen: `the token is a v1.0 token, for ${String(aud)}`, next: version2(String(aud)) }
}

const CONSENT =
  'see what is missing: todo-cli token show --no-cache; consent to it: az ad app permission admin-consent --id'

/** What the token may do at all; no role and no scope means that nobody consented. */
export function permissionFault(token: string): TokenFault {
  const claims = readable(token)
  const granted = [...rolesOf(claims), ...scopesOf(claims)]
  const app = String(claims.azp ?? claims.appid ?? 'CLIENT_ID')
  return {
    seen: granted.length === 0 ? 'it has neither roles nor scopes' : `it has ${granted.join(', ')}`,
    next: `${CONSENT} ${/^[\w-]+$/.test(app) ? app : 'CLIENT_ID'}, then: todo-cli token clear`,
  }
}

function readable(token: string): Record<string, unknown> {
  try {
    return claimsOf(token)
  } catch {
    return {}
  }
}
