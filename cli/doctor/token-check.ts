import { actorOf, rolesOf, scopesOf } from '../../core/permissions.ts'
import { scopeOf } from '../auth/tokens.ts'
import { claimsOf } from '../claims.ts'
import type { Context } from '../context.ts'
import type { Check, Finding } from './check.ts'
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

/** The token is for the API, of the version that it expects, and carries a permission. */
export const claimsCheck = (context: Context, found: Found): Check => ({
  name: 'claims',
  needs: ['token'],
  async run() {
    const claims = claimsOf(found.token ?? '')
    const resource = scopeOf(await context.settings()).replace(/\/\.default$/, '')
    const audiences = [resource, resource.replace(/^api:\/\//, '')]
    if (!audiences.includes(String(claims.aud))) {
      return {
        status: 'fail',
        seen: `the token is for ${String(claims.aud)}, not for ${resource}`,
        next: 'check SCOPES',
      }
    }
    if (claims.ver === '1.0') return versionOne(String(claims.aud))
    const granted = [...rolesOf(claims), ...scopesOf(claims)]
    if (granted.length === 0) {
      return {
        status: 'fail',
        seen: 'the token has neither roles nor scopes, so the API will answer 403',
        next: 'assign an app role of the API to the app, and grant admin consent; then: todo-cli token clear',
        code: 'api-forbidden',
      }
    }
    return {
      status: 'ok',
      seen: `version ${String(claims.ver)}, speaks for an ${actorOf(claims)}: ${granted.join(', ')}`,
    }
  },
})

const versionOne = (audience: string): Finding => ({
  status: 'warn',
  seen: `a v1.0 token for ${audience}, which an API that expects v2.0 refuses`,
  next: 'set api.requestedAccessTokenVersion to 2 in the manifest of the API',
})
