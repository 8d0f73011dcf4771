/** Express 5 with passport-azure-ad, as its documentation shows it, doing what this API does for a list. */
import { createServer } from 'node:http'
import express from 'express'
import helmet from 'helmet'
import passport from 'passport'
import azure from 'passport-azure-ad'
import { sameWork } from './same-work.ts'

export async function startRival(plan) {
  const work = await sameWork(plan)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  passport.use(
    new azure.BearerStrategy(
      {
        identityMetadata: `${plan.authority}/v2.0/.well-known/openid-configuration`,
        clientID: plan.clientId,
        audience: [plan.clientId, `api://${plan.clientId}`],
        issuer: plan.issuer,
        validateIssuer: true,
        loggingLevel: 'error',
        loggingNoPII: true,
      },
      (claims, done) => done(null, claims, claims),
    ),
  )
  app.use((req, res, next) => {
    const id = work.newId()
    res.setHeader('X-Request-Id', id)
    res.setHeader('Cache-Control', 'no-store')
    const begun = performance.now()
    res.once('close', () => {
      const path = req.originalUrl.split('?', 1)[0]
      work.answered(id, req.method, path, res.statusCode, performance.now() - begun, req.user?.azp)
    })
    next()
  })
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: false,
    }),
  )
  app.use(passport.initialize())
  app.get('/api/todolist', passport.authenticate('oauth-bearer', { session: false }), async (req, res) => {
    if (!work.allowed(req.user)) return res.status(403).end()
    const { page, link } = await work.page(req.query)
    if (link !== undefined) res.setHeader('Link', link)
    res.json(page)
  })
  return createServer(app)
}
