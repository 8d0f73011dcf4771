/** For those who operate the API: `/healthz`, `/readyz`, `/metrics`. No token is needed, and none of them tells a secret. */
import { Router } from 'express'
import type { Guard } from './auth/authenticate.ts'
import { methodNotAllowed } from './method-not-allowed.ts'
import type { Metrics } from './metrics.ts'
import type { TodoStore } from './store/store.ts'

export interface OperationsParts {
  readonly store: TodoStore
  readonly guard: Guard
  readonly metrics: Metrics
  /** True once the API was told to stop. */
  readonly stopping: () => boolean
  /** `/metrics` is answered. Off loopback only where the configuration says so. */
  readonly exposeMetrics: boolean
}

export function operations({ store, guard, metrics, stopping, exposeMetrics }: OperationsParts): Router {
  const router = Router({ caseSensitive: true })
  const onlyGet = methodNotAllowed('GET, HEAD')

  /** The process lives. It says nothing about what the process needs: a restart would not help that. */
  router
    .route('/healthz')
    .get((_req, res) => {
      res.json({ status: 'ok' })
    })
    .all(onlyGet)

  /** Requests can be answered now, or what is missing. 503 takes the process out of a load balancer. */
  router
    .route('/readyz')
    .get(async (_req, res) => {
      if (!guard.ready()) await guard.warmUp()
      const checks = {
        store: await store.ping().then(
          () => 'ok',
          () => 'can not be reached',
        ),
        issuer: guard.ready() ? 'ok' : 'no usable keys',
        process: stopping() ? 'stopping' : 'ok',
      }
      const ready = Object.values(checks).every((state) => state === 'ok')
      res.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'not ready', checks })
    })
    .all(onlyGet)

  if (exposeMetrics) {
    router
      .route('/metrics')
      .get(async (_req, res) => {
        const { type, body } = await metrics.text()
        res.setHeader('Content-Type', type)
        res.end(body)
      })
      .all(onlyGet)
  }
  return router
}
