import type { RequestHandler, Response } from 'express'
import { v7 as uuidv7 } from 'uuid'
import type { Log } from './log.ts'

const ids = new WeakMap<object, string>()

/** The id of a request: the caller's own `X-Request-Id` where it has a sane form, so that it can be followed. */
export function requestIdOf(res: Response): string {
  return ids.get(res) ?? ''
}

/** Gives each request an id, and logs it when it is answered: method, path without query, status, milliseconds. */
export function requestLog(log: Log): RequestHandler {
  return (req, res, next) => {
    const given = req.headers['x-request-id']
    const id = typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : uuidv7()
    ids.set(res, id)
    res.setHeader('X-Request-Id', id)
    const begun = performance.now()
    res.once('close', () => {
      log({
        level: res.statusCode >= 500 ? 'error' : 'info',
        event: 'request',
        id,
        method: req.method,
        path: req.originalUrl.split('?', 1)[0]?.slice(0, 200),
        status: res.statusCode,
        ms: Math.round((performance.now() - begun) * 10) / 10,
        complete: res.writableFinished,
        ...(typeof res.locals.denied === 'string' ? { denied: res.locals.denied } : {}),
      })
    })
    next()
  }
}
