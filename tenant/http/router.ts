import type { Handler } from './exchange.ts'

export interface Route {
  readonly method: string
  readonly pattern: RegExp
  /** What the pattern's captures are called, in their order. */
  readonly names: readonly string[]
  readonly handler: Handler
}

/**
 * A route. In the pattern `:name` matches what is between two slashes (or within quotes, as in
 * `/applications(appId=':appId')`), and what is in square brackets may be left out; letter case counts in values only, as
 * with Entra, Key Vault and Graph.
 */
export function route(method: string, pattern: string, handler: Handler): Route {
  const names: string[] = []
  const source = pattern
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/:(\w+)|\[([^\]]*)\]/g, (_, name?: string, optional?: string) => {
      if (name === undefined) return `(?:${optional})?`
      names.push(name)
      return "([^/']+)"
    })
  return { method, pattern: new RegExp(`^${source}$`, 'i'), names, handler }
}

export type Match =
  | { readonly found: 'handler'; readonly handler: Handler; readonly params: Record<string, string> }
  | { readonly found: 'other-method'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/** Finds the route for a decoded path. */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const allow: string[] = []
  for (const { method: taken, pattern, names, handler } of routes) {
    const hit = pattern.exec(path)
    if (hit === null) continue
    if (taken === method) return { found: 'handler', handler, params: paramsOf(names, hit) }
    allow.push(taken)
  }
  return allow.length > 0 ? { found: 'other-method', allow } : { found: 'nothing' }
}

function paramsOf(names: readonly string[], hit: RegExpExecArray): Record<string, string> {
  const params: Record<string, string> = {}
  names.forEach((name, index) => {
    params[name] = hit[index + 1] ?? ''
  })
  return params
}

/** Decodes a path and drops empty segments: the Key Vault SDKs send `/keys/name//sign` and `/certificates/name/`. */
export function normalisePath(raw: string): string | undefined {
  try {
    const path = raw.includes('%') ? decodeURIComponent(raw) : raw
    return /^(\/[^/]+)+$/.test(path) ? path : `/${path.split('/').filter(Boolean).join('/')}`
  } catch {
    return undefined
  }
}
