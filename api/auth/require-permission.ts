import type { RequestHandler } from 'express'
import { grants, type Permission } from '../../core/permissions.ts'
import { insufficientScope } from './auth-error.ts'
import { callerOf } from './caller.ts'

/**
 * A route's guard: lets a user's token with one of the scopes pass, or an app's token with one of the app roles.
 * Goes after `authenticate`. Checked on every request, whether or not the token came out of the cache.
 *
 * Denies with 403 `insufficient_scope`, naming every scope and role of which one would have been enough.
 */
export function requirePermission(needed: Permission): RequestHandler {
  const names = [...needed.scopes, ...needed.roles]
  return (req, _res, next) => {
    const caller = callerOf(req)
    if (grants(caller.claims, needed)) return next()
    throw insufficientScope(
      caller.actor === 'app'
        ? lack('app', 'app role', needed.roles)
        : caller.actor === 'user'
          ? lack('token', 'scope', needed.scopes)
          : 'the token speaks neither for an app nor for a user',
      names,
    )
  }
}

function lack(who: string, what: string, names: readonly string[]): string {
  return names.length === 0
    ? `no ${what} is enough here`
    : `the ${who} lacks the ${what} ${names.join(' or ')}`
}
