/** Fastify 5 with @fastify/jwt and its cache, and a response schema, doing what this API does for a list. */
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import fastify from 'fastify'
import { sameWork } from './same-work.ts'

const todo = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    owner: { type: 'string' },
    description: { type: 'string' },
    done: { type: 'boolean' },
    createdAt: { type: 'string' },
    updatedAt: { type: 'string' },
  },
}

export async function startRival(plan) {
  const work = await sameWork(plan)
  const app = fastify({ logger: false, genReqId: work.newId })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: false,
  })
  await app.register(jwt, {
    // One fixed key, the fastest way to use it; with Entra's rotating keys it would be a function.
    secret: { public: plan.key },
    verify: {
      algorithms: ['RS256'],
      allowedIss: plan.issuer,
      allowedAud: [plan.clientId, `api://${plan.clientId}`],
      cache: 1000,
      cacheTTL: 300_000,
    },
  })
  app.addHook('onResponse', async (request, reply) => {
    const path = request.url.split('?', 1)[0]
    work.answered(request.id, request.method, path, reply.statusCode, reply.elapsedTime, request.user?.azp)
  })
  app.get(
    '/api/todolist',
    {
      schema: { response: { 200: { type: 'array', items: todo } } },
      onRequest: async (request, reply) => {
        reply.header('X-Request-Id', request.id)
        reply.header('Cache-Control', 'no-store')
        await request.jwtVerify()
        if (request.user.tid !== plan.tenantId || request.user.ver !== '2.0') return reply.code(401).send()
        if (!work.allowed(request.user)) return reply.code(403).send()
      },
    },
    async (request, reply) => {
      const { page, link } = await work.page(request.query)
      if (link !== undefined) reply.header('Link', link)
      return page
    },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}
