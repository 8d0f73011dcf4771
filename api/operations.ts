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

  /** Store and issuer are asked at most once a second, however many ask here: nobody needs a token to. */
  let latest: { readonly at: number; readonly states: Promise<Record<string, string>> } | undefined
  const states = () => {
    const now = performance.now()
    if (latest === undefined || now - latest.at >= 1000) latest = { at: now, states: ask() }
    return latest.states
  }
  const ask = async () => {
    if (!guard.ready()) await guard.warmUp()
    const reachable = await store.ping().then(
      () => true,
      () => false,
    )
    return { store: reachable ? 'ok' : 'can not be reached', issuer: guard.ready() ? 'ok' : 'no usable keys' }
  }

  /** Requests can be answered now, or what is missing. 503 takes the process out of a load balancer. */
  router
    .route('/readyz')
    .get(async (_req, res) => {
      const checks = { ...(await states()), process: stopping() ? 'stopping' : 'ok' }
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
