/** Against a real server; where the machine has no PostgreSQL these are skipped, unless REQUIRE_POSTGRES is set. */
import { Client, type ClientConfig } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../../../api/store/open.ts'
import { poolOptions } from '../../../../api/store/postgres-connection.ts'
import { isUnavailable, reasonOf } from '../../../../api/store/postgres-errors.ts'
import { StoreUnavailable, type TodoStore } from '../../../../api/store/store.ts'
import { newTodo, storeContract } from '../../../contract/store.ts'
import { expectProblem, soon, startTestApi } from '../../../support/api.ts'
import { appError } from '../../../support/app-error.ts'
import { startIssuer } from '../../../support/issuer.ts'
import { findPostgres, type PostgresServer, startPostgres } from '../../../support/postgres.ts'
import {
  expectNoLostUpdate,
  expectOneTodoForEachKey,
  withTwoProcesses,
} from '../../../support/two-processes.ts'

const required = process.env.REQUIRE_POSTGRES !== undefined

describe.skipIf(findPostgres() === undefined && !required)('with a server', () => {
  let server: PostgresServer
  let url: string | undefined

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.close())

  storeContract('PostgreSQL', {
    open: async () => {
      const isNew = url === undefined
      url ??= await server.newDatabase()
      const store = await openStore(url)
      if (!isNew) await server.run(url, 'TRUNCATE todos, idempotency')
      return store
    },
    openAgain: () => openStore(url ?? ''),
    ageKeys: (ms) => server.run(url ?? '', `UPDATE idempotency SET used_at = used_at - interval '${ms} ms'`),
  })

  const withStore = async (use: (store: TodoStore, databaseUrl: string) => Promise<void>) => {
    const databaseUrl = await server.newDatabase()
    const store = await openStore(databaseUrl)
    try {
      await use(store, databaseUrl)
    } finally {
      await store.close()
    }
  }

  test('a newer schema is refused', async () => {
    await withStore(async (_store, databaseUrl) => {
      await server.run(databaseUrl, 'UPDATE todo_api_schema SET version = 99')
      const error = await appError('store-failed', () => openStore(databaseUrl))
      expect(error.message).toMatch(/has schema 99, and this version knows up to \d/)
    })
  })

  test('processes that start at the same time migrate once', async () => {
    const databaseUrl = await server.newDatabase()
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(databaseUrl)))
    expect(await stores[0]?.list({ limit: 1 })).toEqual([])
    await Promise.all(stores.map((store) => store.close()))
  })

  test('connections that are cut are replaced', async () => {
    await withStore(async (store) => {
      await store.add(newTodo())
      await server.cutConnections()
      await expect
        .poll(
          () =>
            store.list({ limit: 5 }).then(
              (todos) => todos.length,
              () => 0,
            ),
          soon,
        )
        .toBe(1)
    })
  })

  test('a connection that is cut within a transaction fails its request, and nothing else', async () => {
    await withStore(async (store, databaseUrl) => {
      const idempotency = { key: 'k', bodyHash: 'h' }
      const blocker = new Client({ connectionString: databaseUrl })
      await blocker.connect()
      await blocker.query('BEGIN')
      await blocker.query("INSERT INTO idempotency VALUES ('k', 'other', '{}', now())")
      const waiting = store.add(newTodo(), idempotency).catch((error: unknown) => error)
      const locked = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
      await expect.poll(async () => (await blocker.query(locked)).rows[0].n, soon).toBe(1)
      await server.cutConnections()
      expect(await waiting).toBeInstanceOf(StoreUnavailable)
      await blocker.query('ROLLBACK')
      await blocker.end()
      await expect
        .poll(
          () =>
            store.ping().then(
              () => 'there',
              () => 'away',
            ),
          soon,
        )
        .toBe('there')
      expect(await store.add(newTodo(), idempotency)).toMatchObject({ outcome: 'added' })
    })
  })

  test('while the server is away it is unavailable, and works again by itself', async () => {
    const issuer = await startIssuer()
    const databaseUrl = await server.newDatabase()
    const api = await startTestApi(issuer, { databaseUrl })
    const token = await issuer.token()
    const list = () => api.call('GET', '/api/todolist', { token })
    try {
      expect((await list()).status).toBe(200)
      await server.stop()
      const answer = await list()
      expectProblem(answer, 503, 'store_unavailable')
      expect(answer.headers.get('retry-after')).toBe('1')
      expectProblem(
        await api.call('POST', '/api/todolist', { token, body: { description: 'x' } }),
        503,
        'store_unavailable',
      )
      await server.start()
      await expect.poll(async () => (await list()).status, soon).toBe(200)
    } finally {
      await api.close()
      await issuer.close()
    }
  })

  test('two API processes on one database lose no update, and make one todo for each key', async () => {
    await withTwoProcesses(await server.newDatabase(), async (urls, token) => {
      await expectNoLostUpdate(urls, token)
      await expectOneTodoForEachKey(urls, token)
    })
  })

  test("a commit waits for the server's disk, whatever is the default of its database", async () => {
    const databaseUrl = await server.newDatabase()
    const settingOf = async (options: ClientConfig) => {
      const client = new Client(options)
      await client.connect()
      const { rows } = await client.query('SHOW synchronous_commit')
      await client.end()
      return rows[0].synchronous_commit
    }
    const name = new URL(databaseUrl).pathname.slice(1)
    await server.run(databaseUrl, `ALTER DATABASE ${name} SET synchronous_commit = off`)
    expect(await settingOf({ connectionString: databaseUrl })).toBe('off')
    expect(await settingOf(poolOptions(databaseUrl))).toBe('on')
  })
})

test('a server that is not there is one clear error, without the password', async () => {
  const error = await appError('store-failed', () => openStore('postgres://todo:hunter2@127.0.0.1:1/todo'))
  expect(error.message).toMatch(/can not be reached \(ECONNREFUSED\)/)
  expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2')
})

test.each([
  ['postgres://db.example/todo', true],
  ['postgres://db.example/todo?sslmode=disable', false],
  ['postgres://127.0.0.1/todo', false],
  ['postgres://localhost:5433/todo', false],
  ['postgres:///todo?host=/run/postgresql', false],
  ['postgres://localhost/todo?host=db.example', true],
])('%s: TLS with a verified certificate by default is %s', (url, tls) => {
  expect(poolOptions(url).ssl).toEqual(tls ? { rejectUnauthorized: true } : undefined)
})

test('a server that is silent does not hold requests for ever: everything has its limit', () => {
  expect(poolOptions('postgres://localhost/todo')).toMatchObject({
    max: 10,
    connectionTimeoutMillis: 3000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
  })
})

test.each([
  [{ code: 'ECONNRESET' }, true],
  [{ code: '57P01' }, true],
  [{ code: '53300' }, true],
  [{ code: '40P01' }, true],
  [{ code: '23505' }, false],
  [{ code: '42601' }, false],
  [{}, false],
])('an error with %j is "not now": %s', (fields, expected) => {
  const error = Object.assign(new Error('secret text'), fields)
  expect(isUnavailable(error)).toBe(expected)
  expect(reasonOf(error)).not.toContain('secret')
})

test('a closed store is unavailable', () => {
  expect(isUnavailable(new Error('Cannot use a pool after calling end on the pool'))).toBe(true)
  expect(new StoreUnavailable('x')).toBeInstanceOf(Error)
})
