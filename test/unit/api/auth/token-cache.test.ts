/** One test for each rule that makes a cache of verified tokens safe. */
import { createHash, randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createGuard,
  type Guard,
  type GuardEvent,
  type GuardOptions,
} from '../../../../api/auth/authenticate.ts'
import { callerOf } from '../../../../api/auth/caller.ts'
import { createFetchJson } from '../../../../api/auth/fetch-json.ts'
import { requirePermission } from '../../../../api/auth/require-permission.ts'
import { createTokenCache } from '../../../../api/auth/token-cache.ts'
import { problemHandler } from '../../../../api/problem.ts'
import { call, expectProblem } from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

describe('the cache itself', () => {
  let clock: number
  const cacheOf = (options = {}) =>
    createTokenCache<string>({ toleranceSeconds: 5, now: () => clock, ...options })
  beforeEach(() => {
    clock = 1_000_000_000
  })
  const inSeconds = (seconds: number) => clock / 1000 + seconds

  test('two tokens that differ in the last character are two entries', () => {
    const cache = cacheOf()
    cache.add('a.b.c', 'first', inSeconds(60))
    expect(cache.get('a.b.c')).toBe('first')
    expect(cache.get('a.b.d')).toBeUndefined()
    expect(cache.get('')).toBeUndefined()
  })

  test('the key is the SHA-256 of the whole token: the token itself is not kept', () => {
    const cache = cacheOf()
    const keep = vi.spyOn(Map.prototype, 'set')
    try {
      cache.add('head.payload.signature', 'x', inSeconds(60))
      cache.get('head.payload.signature')
      const key = createHash('sha256').update('head.payload.signature').digest('base64')
      expect(keep.mock.calls.map(([kept]) => kept)).toEqual([key, key])
    } finally {
      keep.mockRestore()
    }
  })

  test("an entry ends with its token, the verifier's tolerance included", () => {
    const cache = cacheOf()
    cache.add('t', 'x', inSeconds(60))
    clock += 64_999
    expect(cache.get('t')).toBe('x')
    clock += 1
    expect(cache.get('t')).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  test('an entry ends after five minutes, however long its token lives', () => {
    const cache = cacheOf()
    cache.add('t', 'x', inSeconds(86_400))
    clock += 299_999
    expect(cache.get('t')).toBe('x')
    clock += 1
    expect(cache.get('t')).toBeUndefined()
  })

  test('using an entry does not make it live longer', () => {
    const cache = cacheOf({ maxAgeMs: 1000 })
    cache.add('t', 'x', inSeconds(60))
    clock += 999
    cache.get('t')
    clock += 1
    expect(cache.get('t')).toBeUndefined()
  })

  test.each([Number.NaN, -1, 0, Number.NEGATIVE_INFINITY])('an end of %s is never stored', (exp) => {
    const cache = cacheOf()
    cache.add('t', 'x', exp)
    expect(cache.size).toBe(0)
  })

  test('it is bounded, and the least recently used goes first', () => {
    const cache = cacheOf({ maxEntries: 3 })
    for (const token of ['a', 'b', 'c']) cache.add(token, token, inSeconds(60))
    cache.get('a')
    cache.add('d', 'd', inSeconds(60))
    expect(['a', 'b', 'c', 'd'].map((token) => cache.get(token))).toEqual(['a', undefined, 'c', 'd'])
    for (const token of ['a', 'e']) cache.add(token, token, inSeconds(60))
    expect(['a', 'c', 'd', 'e'].map((token) => cache.get(token))).toEqual(['a', undefined, 'd', 'e'])
    for (let index = 0; index < 50; index += 1) cache.add(`t${index}`, 'x', inSeconds(60))
    expect(cache.size).toBe(3)
  })

  test('it can be emptied', () => {
    const cache = cacheOf()
    cache.add('t', 'x', inSeconds(60))
    cache.clear()
    expect(cache.get('t')).toBeUndefined()
  })
})

describe('the guard', () => {
  let issuer: TestIssuer
  let server: Server
  let origin: string
  let guard: Guard
  let events: GuardEvent[]
  let clock: number
  let seen: unknown

  beforeAll(async () => {
    issuer = await startIssuer()
    const app = express()
    app.get(
      '/',
      (req, res, next) => guard.authenticate(req, res, next),
      (req, res) => {
        seen = callerOf(req)
        res.json({})
      },
    )
    app.get(
      '/write',
      (req, res, next) => guard.authenticate(req, res, next),
      requirePermission({ scopes: [], roles: ['Write'] }),
      (_req, res) => {
        res.json({})
      },
    )
    app.use(problemHandler(() => ''))
    server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
    })
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.close()
    await issuer.close()
  })
  beforeEach(() => {
    clock = Date.now()
    issuer.mode = 'up'
    issuer.keys = { keys: [issuer.key.jwk] }
    guard = guardOf({})
  })

  function guardOf(options: Partial<GuardOptions>): Guard {
    events = []
    return createGuard({
      authority: issuer.authority,
      tenantId: issuer.tenantId,
      audience: [issuer.clientId],
      fetchJson: createFetchJson({ caPem: issuer.caPem }),
      onEvent: (event) => events.push(event),
      now: () => clock,
      ...options,
    })
  }

  const ask = (token: string, headers = {}, path = '/') => call(`${origin}${path}`, 'GET', { token, headers })
  const hits = () => events.flatMap((event) => (event.kind === 'cache' ? [event.hit] : []))

  test('verifies a token once', async () => {
    const token = await issuer.token()
    for (let index = 0; index < 3; index += 1) expect((await ask(token)).status).toBe(200)
    expect(hits()).toEqual([false, true, true])
  })

  test('keeps a token while others are verified with the same keys', async () => {
    const [one, other] = [await issuer.token(), await issuer.token()]
    for (const token of [one, other, one, other]) expect((await ask(token)).status).toBe(200)
    expect(hits()).toEqual([false, false, true, true])
  })

  test('can be told to verify every time', async () => {
    guard = guardOf({ cacheTokens: false })
    const token = await issuer.token()
    await ask(token)
    await ask(token)
    expect(hits()).toEqual([false, false])
  })

  test.each([
    ['of another audience', { aud: randomUUID() }],
    ['that has ended', { exp: 1 }],
    ['of another tenant', { tid: randomUUID() }],
    ['that is bound to a key', { cnf: { jkt: 'x' } }],
    ['of the wrong version', { ver: '1.0' }],
  ])('never stores a token %s', async (_what, claims) => {
    const token = await issuer.token(claims)
    for (let index = 0; index < 2; index += 1) expectProblem(await ask(token), 401, 'invalid_token')
    expect(hits()).toEqual([false, false])
  })

  test('never stores the token of an app that is not on the allow-list', async () => {
    guard = guardOf({ allowedClients: [randomUUID()] })
    const token = await issuer.token()
    for (let index = 0; index < 2; index += 1) expectProblem(await ask(token), 403, 'client_not_allowed')
    expect(hits()).toEqual([false, false])
  })

  test('a request with a DPoP proof is neither answered from the cache nor stored', async () => {
    const token = await issuer.token()
    await ask(token, { dpop: 'proof' })
    await ask(token)
    await ask(token, { dpop: 'proof' })
    expect(hits()).toEqual([false, false, false])
  })

  test('a token in the query is refused, also when the same token is in the cache', async () => {
    const token = await issuer.token()
    await ask(token)
    for (const name of ['access_token', '%61ccess_token', 'access_token%5B%5D']) {
      expectProblem(await ask(token, {}, `/?${name}=${token}`), 400, 'invalid_request')
      expectProblem(await call(`${origin}/?${name}=${token}`, 'GET'), 400, 'invalid_request')
    }
    expect(hits()).toEqual([false])
  })

  test('a change of the keys empties it', async () => {
    const token = await issuer.token()
    await ask(token)
    issuer.keys = { keys: [(await issuer.newKey()).jwk] }
    clock += 2000
    await guard.warmUp()
    expectProblem(await ask(token), 401, 'invalid_token')
  })

  test('a change of the keys empties it for good: what a withdrawn key signed does not come back with the next token', async () => {
    const token = await issuer.token()
    await ask(token)
    const key = await issuer.newKey()
    issuer.keys = { keys: [key.jwk] }
    clock += 2000
    expect((await ask(await issuer.token({}, {}, key))).status).toBe(200)
    expectProblem(await ask(token), 401, 'invalid_token')
  })

  test.each([
    ['withdrawn', false],
    ['withdrawn, and another one used,', true],
  ])('a token whose key is %s while it is verified is not remembered', async (_what, used) => {
    const key = await issuer.newKey()
    const headers = { authorization: `Bearer ${await issuer.token({}, {}, key)}` }
    const fresh = {
      headers,
      rawHeaders: [],
      method: 'GET',
      url: '/',
      is: () => false,
      get: () => 'localhost',
    }
    let meanwhile: Promise<unknown> | undefined
    /** Other keys arrive, and maybe a token of theirs. All without waiting for anything but promises. */
    const withdraw = async () => {
      issuer.keys = { keys: [key.jwk] }
      clock += 2000
      await guard.warmUp()
      if (!used) return
      const refusal = await new Promise((resolve) => guard.authenticate(fresh as never, {} as never, resolve))
      expect(refusal).toBeUndefined()
    }
    guard = guardOf({
      fetchJson: async (url: string) => (url.endsWith('/keys') ? issuer.keys : issuer.discovery),
      // Asked for just before the first token is verified, which waits for a thread.
      v1Issuer: () => {
        meanwhile ??= withdraw()
        return 'https://sts.windows.net/'
      },
    })
    const token = await issuer.token()
    expect((await ask(token)).status).toBe(200)
    expect(await meanwhile).toBeUndefined()
    expectProblem(await ask(token), 401, 'invalid_token')
  })

  test('keys that may no longer be used answer for no token, cached or not', async () => {
    guard = guardOf({ keepKeysForMs: 60_000 })
    const token = await issuer.token()
    await ask(token)
    expect(guard.ready()).toBe(true)
    issuer.mode = 'down'
    clock += 60_000
    expect(guard.ready()).toBe(false)
    const answer = await ask(token)
    expectProblem(answer, 503, 'issuer_unavailable')
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(answer.headers.get('www-authenticate')).toBeNull()
  })

  test('a stored token ends when it ends', async () => {
    const token = await issuer.token({ exp: Math.floor(clock / 1000) + 30 })
    expect((await ask(token)).status).toBe(200)
    clock += 36_000
    await ask(token)
    expect(hits()).toEqual([false, false])
  })

  test('what it remembers can not be changed by whoever gets it', async () => {
    const token = await issuer.token({ roles: ['Read'], deep: { list: [1] } })
    await ask(token)
    const { claims } = seen as { claims: { roles: string[]; deep: { list: number[] } } }
    expect(() => claims.roles.push('Write')).toThrow(TypeError)
    expect(() => claims.deep.list.push(2)).toThrow(TypeError)
    expect(() => Object.assign(seen as object, { actor: 'app' })).toThrow(TypeError)
    expect(() => Object.assign(claims, { roles: ['Write'] })).toThrow(TypeError)
  })

  test('permissions are checked on each route, whatever is in the cache', async () => {
    const token = await issuer.token({ roles: ['Read'] })
    expect((await ask(token)).status).toBe(200)
    expectProblem(await ask(token, {}, '/write'), 403, 'insufficient_scope')
    expect(hits()).toEqual([false, true])
  })

  test('two guards share nothing: one issuer and audience, one cache', async () => {
    const [one, other] = [guard, guardOf({ audience: ['other'] })]
    const askOf = async (whose: Guard, token: string) => {
      guard = whose
      return await ask(token)
    }
    expect((await askOf(one, await issuer.token())).status).toBe(200)
    expect((await askOf(other, await issuer.token({ aud: 'other' }))).status).toBe(200)
    const token = await issuer.token()
    expect((await askOf(one, token)).status).toBe(200)
    expectProblem(await askOf(other, token), 401, 'invalid_token')
  })
})
