import express, { type Express, type RequestHandler } from 'express'
import { READ, WRITE } from '../core/permissions.ts'
import type { Guard } from './auth/authenticate.ts'
import { requirePermission } from './auth/require-permission.ts'
import { type ApiConfig, isLocalOnly } from './config.ts'
import { httpRules } from './http-rules.ts'
import { jsonBody } from './json-body.ts'
import { describeError, type Log } from './log.ts'
import { methodNotAllowed } from './method-not-allowed.ts'
import type { Metrics } from './metrics.ts'
import { observe, requestIdOf, setDenial } from './observe.ts'
import type { OpenApiOptions } from './openapi.ts'
import { operations } from './operations.ts'
import { Problem, problemHandler } from './problem.ts'
import { clientRateLimit } from './rate-limit.ts'
import { securityHeaders } from './security-headers.ts'
import type { TodoStore } from './store/store.ts'
import { TODOS_PATH } from './todo-resource.ts'
import { todoHandlers } from './todos.ts'

export interface AppParts {
  readonly config: ApiConfig
  readonly guard: Guard
  readonly store: TodoStore
  readonly log: Log
  readonly metrics: Metrics
  /** True once the API was told to stop. */
  readonly stopping: () => boolean
}

/** The Express app: each route is authenticate, permission, body, handler, in this order. */
export function createApp({ config, guard, store, log, metrics, stopping }: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('case sensitive routing', true)

  app.use(observe(log, metrics))
  app.use(...securityHeaders(config))
  app.use(httpRules(stopping))

  const permissions = config.permissions ?? { read: READ, write: WRITE }
  const door = [guard.authenticate, ...clientRateLimit(config)]
  const reading = [...door, requirePermission(permissions.read)]
  const writing = [...door, requirePermission(permissions.write)]
  const todos = todoHandlers(store, config)
  app
    .route(TODOS_PATH)
    .get(reading, todos.list)
    .post(writing, jsonBody, todos.create)
    .all(methodNotAllowed('GET, HEAD, POST'))
  app
    .route(`${TODOS_PATH}/:id`)
    .get(reading, todos.read)
    .put(writing, jsonBody, todos.replace)
    .patch(writing, jsonBody, todos.change)
    .delete(writing, todos.remove)
    .all(methodNotAllowed('GET, HEAD, PUT, PATCH, DELETE'))

  const exposeMetrics = config.exposeMetrics ?? isLocalOnly(config)
  app.use(operations({ store, guard, metrics, stopping, exposeMetrics }))

  app
    .route('/openapi.json')
    .get(serveOpenApi({ ...config, permissions }))
    .all(methodNotAllowed('GET, HEAD'))

  app.use(() => {
    throw new Problem('not_found', 'there is nothing at this address')
  })
  app.use(
    problemHandler((problem, error, res) => {
      setDenial(res, problem.code)
      if (problem.status >= 500) log(failure(problem, error, requestIdOf(res)))
      return requestIdOf(res)
    }),
  )
  return app
}

/** Loaded and made when somebody asks for it first. */
function serveOpenApi(options: OpenApiOptions): RequestHandler {
  let text: string | undefined
  return async (_req, res) => {
    const { openApiDocument } = await import('./openapi.ts')
    text ??= JSON.stringify(openApiDocument(options), undefined, 2)
    res.setHeader('Content-Type', 'application/json; charset=utf-8')
    res.end(text)
  }
}

/** What the log says of a request that failed here. The answer has its id only. */
function failure(problem: { code: string }, error: unknown, id: string): Parameters<Log>[0] {
  const defect = problem.code === 'internal'
  return {
    level: defect ? 'error' : 'warn',
    event: 'failed',
    id,
    error: describeError(error),
    ...(defect && error instanceof Error ? { stack: error.stack } : {}),
  }
}
