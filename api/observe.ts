import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { callerIfKnown } from './auth/caller.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

const ids = new WeakMap<object, string>()
const denials = new WeakMap<object, string>()

/** The id of a request: the caller's own `X-Request-Id` where it has a sane form, so that it can be followed. */
export function requestIdOf(res: Response): string {
  return ids.get(res) ?? ''
}

/** Remembers the code with which a request is refused, for its log line and the metrics. */
export function setDenial(res: Response, code: string): void {
  denials.set(res, code)
}

/** Monitors ask for these every few seconds: counted, but logged only when they fail. */
const QUIET = new Set(['/healthz', '/readyz', '/metrics'])

/** Gives each request an id, and counts and logs it when it has been answered. */
export function observe(log: Log, metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id']
    const id = typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : randomUUID()
    ids.set(res, id)
    res.setHeader('X-Request-Id', id)
    const begun = performance.now()
    res.once('close', () => {
      const ms = performance.now() - begun
      const denied = denials.get(res)
      const route = routeOf(req)
      metrics.answered(req.method, route, res.statusCode, ms / 1000)
      if (denied !== undefined) metrics.denied(denied)
      if (QUIET.has(route) && res.statusCode < 400) return
      log({
        level: res.statusCode >= 500 ? 'error' : 'info',
        event: 'request',
        id,
        method: req.method,
        path: pathOf(req.originalUrl),
        status: res.statusCode,
        ms: Math.round(ms * 10) / 10,
        client: callerIfKnown(req)?.clientId,
        denied,
        ...(res.writableFinished ? {} : { cut: true }),
      })
    })
    next()
  }
}

/** The route's pattern, not the path: as many label values as there are routes. */
function routeOf(req: Request): string {
  const path: unknown = req.route?.path
  return typeof path === 'string' ? path : 'other'
}

/** Without the query, which may hold anything. */
function pathOf(url: string): string {
  const end = url.indexOf('?')
  return (end === -1 ? url : url.slice(0, end)).slice(0, 200)
}
