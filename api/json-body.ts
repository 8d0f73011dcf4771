import express, { type RequestHandler } from 'express'
import { Problem } from './problem.ts'

/** Room for a description of 1,000 characters, each escaped as a surrogate pair. */
const BODY_MAX = '16kb'

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i

/** RFC 7396: what a PATCH means here. */
const MERGE_PATCH_TYPE = /^application\/merge-patch\+json\s*(;\s*charset="?utf-8"?\s*)?$/i

const readBytes = express.raw({ type: () => true, limit: BODY_MAX, inflate: false })

/**
 * Reads a JSON body into `req.body`, whatever JSON value it is. Strict where parsers are lenient: the media type has to
 * say JSON, the bytes have to be UTF-8 (RFC 8259 section 8.1), no compression.
 */
export const jsonBody: RequestHandler = (req, res, next) => {
  const patch = req.method === 'PATCH'
  const type = req.headers['content-type'] ?? ''
  if (!JSON_TYPE.test(type) && !(patch && MERGE_PATCH_TYPE.test(type))) {
    throw new Problem('unsupported_media_type', 'the body has to be application/json', {
      headers: patch ? { 'Accept-Patch': 'application/json, application/merge-patch+json' } : {},
    })
  }
  readBytes(req, res, (error?: unknown) => {
    if (error !== undefined) return next(error)
    try {
      req.body = parseJson(req.body)
      next()
    } catch (problem) {
      next(problem)
    }
  })
}

function parseJson(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw new Problem('invalid_json', 'the body is empty')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Problem('invalid_json', 'the body is not JSON in UTF-8', { cause })
  }
}
