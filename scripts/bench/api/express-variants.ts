import { createServer, type Server } from 'node:http'
import { auth } from 'express-oauth2-jwt-bearer'
import { createApp } from '../../../api/app.ts'
import { createGuard, type Guard } from '../../../api/auth/authenticate.ts'
import { setCaller } from '../../../api/auth/caller.ts'
import { createFetchJson } from '../../../api/auth/fetch-json.ts'
import { type Caller, readCaller } from '../../../api/auth/token-rules.ts'
import type { ApiConfig } from '../../../api/config.ts'
import { lineWriter, timed } from '../../../api/log.ts'
import { createMetrics } from '../../../api/metrics.ts'
import { openSqliteStore } from '../../../api/store/sqlite.ts'
import type { ServerPlan } from './plan.ts'

/** This API whole, with the door that the variant has: its own, none, or the middleware as it is. */
export async function expressServer(plan: ServerPlan): Promise<Server> {
  const metrics = createMetrics()
  const store = await openSqliteStore(plan.databaseFile)
  const log = timed(lineWriter((text) => process.stdout.write(text)).write)
  const config: ApiConfig = {
    tenantId: plan.tenantId,
    authority: plan.authority,
    clientId: plan.clientId,
    port: 0,
    databaseUrl: `sqlite:${plan.databaseFile}`,
    corsOrigins: [],
    allowedClients: [],
    allowedTenants: [],
    seedExamples: false,
  }
  const parts = { config, store, metrics, log, stopping: () => false }
  return createServer(createApp({ ...parts, guard: guardOf(plan, metrics) }))
}

function guardOf(plan: ServerPlan, metrics: ReturnType<typeof createMetrics>): Guard {
  const rules = { version: '2.0', tenantId: plan.tenantId, allowedClients: [] } as const
  const audience = [plan.clientId, `api://${plan.clientId}`]
  const idle = { ready: () => true, warmUp: async () => {} }
  switch (plan.variant) {
    case 'no-auth': {
      const caller: Caller = {
        actor: 'app',
        objectId: plan.clientId,
        tenantId: plan.tenantId,
        clientId: plan.clientId,
        claims: { idtyp: 'app', roles: ['ToDoList.ReadWrite.All'] },
      }
      return {
        ...idle,
        authenticate: (req, _res, next) => {
          setCaller(req, caller)
          next()
        },
      }
    }
    case 'middleware': {
      const verify = auth({ issuerBaseURL: `${plan.authority}/v2.0`, audience, tokenSigningAlg: 'RS256' })
      return {
        ...idle,
        authenticate: (req, res, next) => {
          void verify(req, res, (error) => {
            if (error !== undefined) return next(error)
            setCaller(req, readCaller(req.auth?.payload ?? {}, rules))
            next()
          })
        },
      }
    }
    default:
      return createGuard({
        authority: plan.authority,
        tenantId: plan.tenantId,
        audience,
        fetchJson: createFetchJson({ caPem: plan.caPem }),
        onEvent: (event) =>
          event.kind === 'cache' ? metrics.cacheLookup(event.hit) : metrics.keyFetch(event.outcome),
      })
  }
}
