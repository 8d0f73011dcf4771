import type { RequestHandler } from 'express'
import { Problem } from './problem.ts'

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::(\d{1,4}|[1-9]\d{4}))?$/i

/**
 * What Node would refuse by itself with an empty answer, or not at all: no Host, two, or one that is none (RFC 9112
 * section 3.2), an Expect that nobody here knows (RFC 9110 section 10.1.1). And once the API was told to stop, each
 * answer ends its connection, so that a client that always has a next request goes elsewhere with it.
 */
export function httpRules(stopping: () => boolean): RequestHandler {
  return (req, res, next) => {
    if (stopping()) res.setHeader('Connection', 'close')
    const { host, expect } = req.headers
    // HTTP/1.0 could do without, but the verifier can not, and nobody would miss it.
    if (host === undefined) throw new Problem('invalid_request', 'there is no Host header')
    if (countOfHosts(req.rawHeaders) > 1) {
      throw new Problem('invalid_request', 'there is more than one Host header')
    }
    if (!isHost(host)) throw new Problem('invalid_request', 'the Host header is not a host')
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new Problem('expectation_failed', 'only 100-continue can be expected')
    }
    next()
  }
}

/** Of several, `headers` has the first only. Counted by hand: `headersDistinct` would make lists of all headers. */
function countOfHosts(rawHeaders: readonly string[]): number {
  const isHostName = (text: string, index: number) =>
    index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host'
  return rawHeaders.filter(isHostName).length
}

/** As the verifier reads it, which looks at it only when the token is not in the cache: no answer may depend on that. */
function isHost(text: string): boolean {
  const match = HOST.exec(text)
  return match !== null && Number(match[1] ?? 0) <= 65_535
}
