import type { Handler } from './exchange.ts'

export interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly handler: Handler
}

/**
 * A route. In the pattern `:name` matches what is between two slashes (or within quotes, as in
 * `/applications(appId=':appId')`), and what is in square brackets may be left out; letter case counts in values only, as
 * with Entra, Key Vault and Graph.
 */
export function route(method: string, pattern: string, handler: Handler): Route {
  const source = pattern
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/:(\w+)|\[([^\]]*)\]/g, (_, name?: string, optional?: string) =>
      name === undefined ? `(?:${optional})?` : `(?<${name}>[^/']+)`,
    )
  return { method, pattern: new RegExp(`^${source}$`, 'i'), handler }
}

export type Match =
  | { readonly found: 'handler'; readonly handler: Handler; readonly params: Record<string, string> }
  | { readonly found: 'other-method'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/** Finds the route for a decoded path. */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const allow: string[] = []
  for (const { method: taken, pattern, handler } of routes) {
    const hit = pattern.exec(path)
    if (hit === null) continue
    if (taken === method) return { found: 'handler', handler, params: { ...hit.groups } }
    allow.push(taken)
  }
  return allow.length > 0 ? { found: 'other-method', allow } : { found: 'nothing' }
}

/** Decodes a path and drops empty segments: the Key Vault SDKs send `/keys/name//sign` and `/certificates/name/`. */
export function normalisePath(raw: string): string | undefined {
  try {
    return `/${decodeURIComponent(raw).split('/').filter(Boolean).join('/')}`
  } catch {
    return undefined
  }
}
