/** What an access token gives on the todo API, in words: for whom it speaks, how long, what it may do and what it lacks. */
import {
  actorOf,
  type Claims,
  grants,
  type Permission,
  READ,
  rolesOf,
  scopesOf,
  WRITE,
} from '../core/permissions.ts'

export interface TokenJudgement {
  readonly lines: readonly (readonly [label: string, text: string])[]
  readonly missing: readonly { readonly what: string; readonly next: string }[]
}

export interface JudgeOptions {
  /** The scope that the token was asked for: `api://<API client id>/.default`. */
  readonly scope: string
  readonly now?: Date
}

const PERMISSIONS: readonly (readonly [what: string, permission: Permission])[] = [
  ['read', READ],
  ['add, change and remove', WRITE],
]

/** Judges the claims alone: whether the signature holds, and which version the API takes, only the API knows. */
export function judgeToken(claims: Claims, { scope, now = new Date() }: JudgeOptions): TokenJudgement {
  const actor = actorOf(claims)
  const todos = actor === 'user' ? "the user's own todos" : 'the todos of every owner'
  const granted = actor === 'user' ? scopesOf(claims) : rolesOf(claims)
  const missing: { what: string; next: string }[] = []
  const lines: (readonly [string, string])[] = [
    ['speaks for', speaksFor(claims)],
    ['lifetime', lifetime(claims, now)],
  ]
  for (const [what, needed] of PERMISSIONS) {
    const names = actor === 'user' ? needed.scopes : needed.roles
    if (grants(claims, needed)) {
      lines.push(['may', `${what} ${todos} (${granted.filter((name) => names.includes(name)).join(', ')})`])
    } else if (actor !== 'neither') {
      lines.push(['may not', `${what} ${todos}`])
    }
  }
  missing.push(...missingOf(claims, scope))
  const known = PERMISSIONS.flatMap(([, { scopes, roles }]) => (actor === 'user' ? scopes : roles))
  const others = granted.filter((name) => !known.includes(name))
  if (others.length > 0) lines.push(['also has', `${others.join(', ')}: unknown to the todo API`])
  return { lines, missing }
}

function missingOf(claims: Claims, scope: string): { what: string; next: string }[] {
  const missing: { what: string; next: string }[] = []
  const resource = scope.replace(/\/[^/]*$/, '')
  const audience = String(claims.aud)
  if (audience !== resource && audience !== resource.replace(/^api:\/\//, '')) {
    missing.push({
      what: `the token is for ${audience}, not for ${resource}`,
      next: 'check SCOPES: todo-cli config get scopes',
    })
  } else if (claims.ver === '1.0') {
    missing.push({
      what: 'it is a v1.0 token, and an API that expects v2.0 refuses it',
      next: 'set api.requestedAccessTokenVersion to 2 in the manifest of the API, then: todo-cli token clear',
    })
  }
  const actor = actorOf(claims)
  if (actor === 'neither') {
    missing.push({
      what: 'neither app roles (roles) nor scopes (scp), so the API answers 403',
      next: `assign one of ${READ.roles.join(', ')} to the app, and grant admin consent, then: todo-cli token clear`,
    })
    return missing
  }
  for (const [what, needed] of PERMISSIONS.filter(([, permission]) => !grants(claims, permission))) {
    const names = actor === 'user' ? needed.scopes : needed.roles
    missing.push({
      what: `to ${what}: one of ${names.join(', ')}`,
      next:
        actor === 'user'
          ? `let the app ask for ${names.at(-1)} and consent to it, then: todo-cli token clear`
          : `assign ${names.at(-1)} to the app, and grant admin consent, then: todo-cli token clear`,
    })
  }
  return missing
}

function speaksFor(claims: Claims): string {
  const app = claims.azp ?? claims.appid
  const named = typeof app === 'string' ? app : 'without a client id'
  switch (actorOf(claims)) {
    case 'app':
      return `the app ${named}, without a user`
    case 'user':
      return `the user ${String(claims.preferred_username ?? claims.name ?? claims.oid)}, through the app ${named}`
    case 'neither':
      return `nobody that the API knows (the app ${named})`
  }
}

function lifetime({ iat, exp }: Claims, now: Date): string {
  if (typeof exp !== 'number') return 'it has no end, so the API refuses it'
  const left = exp - now.getTime() / 1000
  const whole = typeof iat === 'number' ? `${inWords(exp - iat)} in all, ` : ''
  return left > 0 ? `${whole}${inWords(left)} left` : `${whole}ended ${inWords(-left)} ago`
}

/** `82 minutes`, `1 hour 5 minutes`, `40 seconds`. */
export function inWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return plural(whole, 'second')
  const minutes = Math.round(whole / 60)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours === 0) return plural(minutes, 'minute')
  if (hours >= 48) return plural(Math.round(hours / 24), 'day')
  return rest === 0 ? plural(hours, 'hour') : `${plural(hours, 'hour')} ${plural(rest, 'minute')}`
}

const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`
