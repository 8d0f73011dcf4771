import express, { type Express, type RequestHandler } from 'express'
import { READ, WRITE } from '../core/permissions.ts'
import type { Guard } from './auth/authenticate.ts'
import { requirePermission } from './auth/require-permission.ts'
import type { ApiConfig } from './config.ts'
import { jsonBody } from './json-body.ts'
import { describeError, type Log } from './log.ts'
import { Problem, problemHandler } from './problem.ts'
import { requestIdOf, requestLog } from './request-log.ts'
import { securityHeaders } from './security-headers.ts'
import type { TodoStore } from './store/store.ts'
import { TODOS_PATH } from './todo-resource.ts'
import { todoHandlers } from './todos.ts'

export interface AppParts {
  readonly config: ApiConfig
  readonly guard: Guard
  readonly store: TodoStore
  readonly log: Log
}

/** The Express app: each route is authenticate, permission, body, handler, in this order. */
export function createApp({ config, guard, store, log }: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('case sensitive routing', true)

  app.use(requestLog(log))
  app.use(...securityHeaders(config))

  const { read: mayRead, write: mayWrite } = config.permissions ?? { read: READ, write: WRITE }
  const reading = [guard.authenticate, requirePermission(mayRead)]
  const writing = [guard.authenticate, requirePermission(mayWrite)]
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

  app.use(() => {
    throw new Problem('not_found', 'there is nothing at this address')
  })
  app.use(
    problemHandler(requestIdOf, (error, res) => {
      log({ level: 'error', event: 'failed', id: requestIdOf(res), error: describeError(error) })
    }),
  )
  return app
}

function methodNotAllowed(allow: string): RequestHandler {
  return (req) => {
    throw new Problem('method_not_allowed', `${req.method} is not possible here`, {
      headers: { Allow: allow },
    })
  }
}
