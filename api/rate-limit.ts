import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { callerOf } from './auth/caller.ts'
import { type ApiConfig, isLocalOnly } from './config.ts'
import { Problem } from './problem.ts'

/**
 * Limits each client app, whoever it acts for, after it has been authenticated: one app can't use up what is there for
 * all. Counted within the process. Never on loopback, where there is nobody to protect from.
 */
export function clientRateLimit(config: Pick<ApiConfig, 'host' | 'rateLimitPerMinute'>): RequestHandler[] {
  const limit = config.rateLimitPerMinute ?? 600
  if (limit === 0 || isLocalOnly(config)) return []
  return [
    rateLimit({
      windowMs: 60_000,
      limit,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      validate: false,
      keyGenerator: (req) => callerOf(req).clientId,
      handler: (_req, res, next) => {
        // The middleware has set RateLimit and Retry-After by now.
        res.setHeader('Retry-After', res.getHeader('Retry-After') ?? '60')
        next(new Problem('rate_limited', `this client app has sent more than ${limit} requests in a minute`))
      },
    }),
  ]
}
