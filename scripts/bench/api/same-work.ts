/** What this API does beside authentication, for the rivals: the same store, cursor, permission, log and metrics. */

import { randomUUID } from 'node:crypto'
import { readCursor, writeCursor } from '../../../api/cursor.ts'
import { lineWriter, timed } from '../../../api/log.ts'
import { createMetrics } from '../../../api/metrics.ts'
import { openSqliteStore } from '../../../api/store/sqlite.ts'
import { listQuerySchema, parse } from '../../../api/todo-schema.ts'
import { grants, READ } from '../../../core/permissions.ts'
import type { ServerPlan } from './plan.ts'

export async function sameWork(plan: ServerPlan) {
  const store = await openSqliteStore(plan.databaseFile)
  const metrics = createMetrics()
  const log = timed(lineWriter((text) => process.stdout.write(text)).write)
  return {
    newId: () => randomUUID(),
    /** 403 where the claims do not grant reading. */
    allowed: (claims: Record<string, unknown>) => grants(claims, READ),
    async page(query: unknown) {
      const { limit, cursor } = parse(listQuerySchema, query, 'invalid_query')
      const after = cursor === undefined ? undefined : readCursor(cursor, {})
      const todos = await store.list({ after, limit: limit + 1 })
      const page = todos.slice(0, limit)
      const last = page.at(-1)
      const next = todos.length > limit && last !== undefined ? writeCursor(last.id, {}) : undefined
      return {
        page,
        link: next === undefined ? undefined : `</api/todolist?limit=${limit}&cursor=${next}>; rel="next"`,
      }
    },
    answered(id: string, method: string, path: string, status: number, ms: number, client: unknown) {
      metrics.answered(method, '/api/todolist', status, ms / 1000)
      metrics.cacheLookup(true)
      log({
        level: 'info',
        event: 'request',
        id,
        method,
        path,
        status,
        ms: Math.round(ms * 10) / 10,
        client: String(client),
      })
    },
  }
}
