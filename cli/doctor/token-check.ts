import { actorOf, type Claims, grants, READ, rolesOf, scopesOf, WRITE } from '../../core/permissions.ts'
import { GUID } from '../auth/authority.ts'
import { scopeOf } from '../auth/tokens.ts'
import { claimsOf } from '../claims.ts'
import type { Context } from '../context.ts'
import { permissionFault, versionFault } from '../refused-token.ts'
import type { Check } from './check.ts'
import type { Found } from './checks.ts'

/** The issuer gives a token now: one out of the cache would prove nothing. */
export const tokenCheck = (context: Context, found: Found): Check => ({
  name: 'token',
  needs: ['settings', 'issuer', 'credential'],
  async run() {
    const tokens = await context.tokens()
    const first = await tokens.get()
    const { token, expiresAt } = first.fromCache ? await tokens.get(first.token) : first
    found.token = token
    return { status: 'ok', seen: `an access token, until ${expiresAt.toISOString()}` }
  },
})

/** The token is for the API, and carries a permission. Whether the API takes its version, only the API knows: see there. */
export const claimsCheck = (context: Context, found: Found): Check => ({
  name: 'claims',
  needs: ['token'],
  async run() {
    const claims = claimsOf(found.token ?? '')
    const resource = scopeOf(await context.settings()).replace(/\/\.default$/, '')
    if (!isFor(claims, resource)) {
      return {
        status: 'fail',
        seen: `the token is for ${String(claims.aud)}, not for ${resource}`,
        next: 'see which API is asked for: todo-cli config get scopes; and set it: todo-cli config set scopes api://ID_OF_THE_API/.default',
      }
    }
    const granted = [...rolesOf(claims), ...scopesOf(claims)]
    if (!grants(claims, READ)) {
      const { next } = permissionFault(found.token ?? '')
      const wanted = READ[actorOf(claims) === 'user' ? 'scopes' : 'roles'].join(' or ')
      return {
        status: 'fail',
        seen:
          granted.length === 0
            ? `the token has neither roles nor scopes, so the API will answer 403: nobody has consented to ${wanted}`
            : `the token has ${granted.join(', ')}, and the API wants ${wanted}`,
        next,
        code: 'api-forbidden',
      }
    }
    const version = versionFault(found.token ?? '')
    if (version)
      return {
        status: 'warn',
        seen: `${version.seen}; an API that expects v2.0 refuses it`,
        next: version.next,
      }
    const may = grants(claims, WRITE) ? '' : '; it may read, not write'
    return {
      status: 'ok',
      seen: `version ${String(claims.ver)}, speaks for an ${actorOf(claims)}: ${granted.join(', ')}${may}`,
    }
  },
})

/**
 * A v1.0 token has the identifier URI that was asked for as its audience, a v2.0 token the client id of the API. Which id an
 * URI of another kind than `api://<client id>` belongs to, only Entra knows.
 */
function isFor({ aud, ver }: Claims, resource: string): boolean {
  const id = /^(?:api:\/\/)?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i.exec(resource)?.[1]
  if (aud === resource || (id !== undefined && String(aud).toLowerCase() === id.toLowerCase())) return true
  return id === undefined && ver === '2.0' && GUID.test(String(aud))
}
