import type { RequestHandler } from 'express'
import { Problem } from './problem.ts'

/** The last handler of a route: 405, with the methods that would do. */
export function methodNotAllowed(allow: string): RequestHandler {
  return (req) => {
    throw new Problem('method_not_allowed', `${req.method} is not possible here`, {
      headers: { Allow: allow },
    })
  }
}
