import type { RequestHandler } from 'express'
import { Problem } from './problem.ts'

/**
 * What Node would refuse by itself with an empty answer: no Host (RFC 9112 section 3.2), an Expect that nobody here knows
 * (RFC 9110 section 10.1.1). And once the API was told to stop, each answer ends its connection, so that a client that
 * always has a next request goes elsewhere with it.
 */
export function httpRules(stopping: () => boolean): RequestHandler {
  return (req, res, next) => {
    if (stopping()) res.setHeader('Connection', 'close')
    const { host, expect } = req.headers
    // HTTP/1.0 could do without, but the verifier can not, and nobody would miss it.
    if (host === undefined) throw new Problem('invalid_request', 'there is no Host header')
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new Problem('expectation_failed', 'only 100-continue can be expected')
    }
    next()
  }
}
