import type { Request } from 'express'
import { unauthenticated } from './auth-error.ts'
import type { Caller } from './token-rules.ts'

/** Beside the request, not on it: no other middleware can read it by accident, or set it. */
const callers = new WeakMap<object, Caller>()

/**
 * Who makes the request, once `authenticate` has passed it on.
 *
 * @throws AuthError 401 on a route that forgot `authenticate`
 */
export function callerOf(req: Request): Caller {
  const caller = callers.get(req)
  if (caller === undefined) throw unauthenticated()
  return caller
}

/** The same where a request may not have got so far: for logs. */
export function callerIfKnown(req: Request): Caller | undefined {
  return callers.get(req)
}

export function setCaller(req: Request, caller: Caller): void {
  callers.set(req, caller)
}
