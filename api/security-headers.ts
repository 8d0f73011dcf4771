import cors from 'cors'
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { type ApiConfig, isLocalOnly } from './config.ts'

/** Headers that a script of an allowed origin may read. */
const EXPOSED = ['ETag', 'Link', 'Location', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id']

/**
 * helmet's headers, no caching of what a token opened, and CORS for the configured origins only.
 * No HSTS from loopback: a browser would apply it to every port of `localhost`.
 */
export function securityHeaders(config: Pick<ApiConfig, 'corsOrigins' | 'host'>): RequestHandler[] {
  const handlers: RequestHandler[] = [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: isLocalOnly(config) ? false : { maxAge: 31_536_000 },
    }),
    (_req, res, next) => {
      res.setHeader('Cache-Control', 'no-store')
      next()
    },
  ]
  if (config.corsOrigins.length > 0) {
    handlers.push(cors({ origin: [...config.corsOrigins], exposedHeaders: EXPOSED, maxAge: 600 }))
  }
  return handlers
}
