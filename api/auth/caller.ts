import type { Request } from 'express'
import type { Caller } from './token-rules.ts'

/** Beside the request, not on it: no other middleware can read it by accident, or set it. */
const callers = new WeakMap<object, Caller>()

/** Who makes the request, once `authenticate` has passed it on. */
export function callerOf(req: Request): Caller | undefined {
  return callers.get(req)
}

export function setCaller(req: Request, caller: Caller): void {
  callers.set(req, caller)
}
