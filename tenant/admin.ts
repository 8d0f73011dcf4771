import { isSameText } from './credentials.ts'
import { type Answer, json, type TenantRequest } from './http/exchange.ts'
import type { Service } from './http/listen.ts'
import { route } from './http/router.ts'

export interface AdminDeps {
  readonly token: string
  readonly tenantId: string
  readonly startedAt: Date
  readonly onStop: () => void
}

/** The interface of whoever runs the tenant. Only the admin token, a 0600 file, opens it. */
export function adminService(deps: AdminDeps): Service {
  const opened =
    (handler: (request: TenantRequest) => Answer | Promise<Answer>) => (request: TenantRequest) => {
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
      return token !== undefined && isSameText(token, deps.token) ? handler(request) : CLOSED
    }
  return {
    name: 'admin',
    routes: [
      route(
        'GET',
        '/status',
        opened(() => json(200, { tenantId: deps.tenantId, startedAt: deps.startedAt.toISOString() })),
      ),
      route(
        'POST',
        '/stop',
        opened(() => {
          // After the answer is on its way.
          setImmediate(deps.onStop)
          return json(202, { stopping: true })
        }),
      ),
    ],
    answerError: () => json(500, { error: 'the admin interface failed' }),
    answerNotFound: () => json(404, { error: 'the admin interface has nothing at this address' }),
    headers: () => ({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }),
  }
}

const CLOSED: Answer = {
  ...json(401, { error: 'the admin token is missing or wrong' }, { 'www-authenticate': 'Bearer' }),
  note: { reason: 'the admin token is missing or wrong' },
}
