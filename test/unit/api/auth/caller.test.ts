import type { AddressInfo } from 'node:net'
import express from 'express'
import { describe, expect, test, vi } from 'vitest'
import type { AuthError } from '../../../../api/auth/auth-error.ts'
import { createGuard } from '../../../../api/auth/authenticate.ts'
import { callerIfKnown, callerOf, setCaller } from '../../../../api/auth/caller.ts'
import { createFetchJson } from '../../../../api/auth/fetch-json.ts'
import { requirePermission } from '../../../../api/auth/require-permission.ts'
import type { Caller } from '../../../../api/auth/token-rules.ts'
import { problemHandler } from '../../../../api/problem.ts'
import type { Claims, Permission } from '../../../../core/permissions.ts'
import { call, expectProblem } from '../../../support/api.ts'
import { startIssuer } from '../../../support/issuer.ts'

/** The answer of a route that forgot `authenticate`. */
async function answerOf(...handlers: express.RequestHandler[]) {
  const app = express()
  app.get('/', ...handlers, (_req, res) => {
    res.json('let in')
  })
  app.use(problemHandler(() => ''))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return await call(`http://127.0.0.1:${port}/`, 'GET').finally(() => server.close())
}

test('a route that asks for a permission and forgot to authenticate lets nobody in', async () => {
  expectProblem(await answerOf(requirePermission({ scopes: [''], roles: [''] })), 401, 'unauthenticated')
})

test('a handler that asks who calls, on a route that forgot to authenticate, gets no answer to go on with', async () => {
  const handler: express.RequestHandler = (req, _res, next) => {
    callerOf(req)
    next()
  }
  expectProblem(await answerOf(handler), 401, 'unauthenticated')
})

test('what a client or another middleware puts on the request makes no caller', async () => {
  const forged: express.RequestHandler = (req, _res, next) => {
    Object.assign(req, { auth: { payload: { idtyp: 'app', roles: ['R'] } }, caller: { actor: 'app' } })
    expect(callerIfKnown(req)).toBeUndefined()
    next()
  }
  expectProblem(
    await answerOf(forged, requirePermission({ scopes: [], roles: ['R'] })),
    401,
    'unauthenticated',
  )
})

test('the verifier leaves nothing on the request that a handler could take for the caller', async () => {
  const issuer = await startIssuer()
  const guard = createGuard({
    authority: issuer.authority,
    tenantId: issuer.tenantId,
    audience: [issuer.clientId],
    fetchJson: createFetchJson({ caPem: issuer.caPem }),
  })
  const seen: unknown[] = []
  const look: express.RequestHandler = (req, _res, next) => {
    seen.push(callerIfKnown(req)?.actor, 'auth' in req)
    next()
  }
  const app = express()
  app.get('/', guard.authenticate, look, (_req, res) => {
    res.json({})
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  expect((await call(`http://127.0.0.1:${port}/`, 'GET', { token: await issuer.token() })).status).toBe(200)
  expect(seen).toEqual(['app', false])
  server.close()
  await issuer.close()
})

describe('who lacks a permission is told what is lacking:', () => {
  const need = { scopes: ['Read', 'Write'], roles: ['Read.All', 'Write.All'] }
  const lack = (actor: Caller['actor'], claims: Claims, needed: Permission): AuthError => {
    const req = {} as express.Request
    setCaller(req, { actor, claims } as Caller)
    const next = vi.fn()
    try {
      requirePermission(needed)(req, {} as express.Response, next)
    } catch (error) {
      expect(next).not.toHaveBeenCalled()
      return error as AuthError
    }
    throw new Error('not refused')
  }

  test.each<[string, string, Caller['actor'], Claims, Permission]>([
    ['an app', 'the app lacks the app role Read.All or Write.All', 'app', { idtyp: 'app' }, need],
    ['a user', 'the token lacks the scope Read or Write', 'user', { idtyp: 'user' }, need],
    ['neither', 'the token speaks neither for an app nor for a user', 'neither', {}, need],
    [
      'an app, of a route for users',
      'no app role is enough here',
      'app',
      { idtyp: 'app' },
      { ...need, roles: [] },
    ],
    [
      'a user, of a route for apps',
      'no scope is enough here',
      'user',
      { idtyp: 'user' },
      { ...need, scopes: [] },
    ],
  ])('%s', (_who, message, actor, claims, needed) => {
    expect(lack(actor, claims, needed)).toMatchObject({ status: 403, code: 'insufficient_scope', message })
  })
})
