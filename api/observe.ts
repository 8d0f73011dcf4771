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

/** For the log and the metrics only, as nginx has it: the client did not wait for the whole answer. */
const CLIENT_WENT_AWAY = 499

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
      // 200 stands there from the beginning, whether or not anything was sent.
      const status = res.writableFinished ? res.statusCode : CLIENT_WENT_AWAY
      metrics.answered(req.method, route, status, ms / 1000)
      if (denied !== undefined) metrics.denied(denied)
      if (QUIET.has(route) && status < 400) return
      log({
        level: status >= 500 ? 'error' : 'info',
        event: 'request',
        id,
        method: req.method,
        path: pathOf(req.originalUrl),
        status,
        ms: Math.round(ms * 10) / 10,
        client: callerIfKnown(req)?.clientId,
        denied,
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

/** Without the query, which may hold anything, and without a token that somebody took for a part of the path. */
function pathOf(url: string): string {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  // Every JWT begins with {" in base64url.
  return (path.includes('eyJ') ? path.replace(/eyJ[^/]*/g, '***') : path).slice(0, 200)
}
