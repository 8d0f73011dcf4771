/** Against a real server; where the machine has no PostgreSQL these are skipped, unless REQUIRE_POSTGRES is set. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../../../api/store/open.ts'
import { poolOptions } from '../../../../api/store/postgres-connection.ts'
import { isUnavailable, reasonOf } from '../../../../api/store/postgres-errors.ts'
import { StoreUnavailable, type TodoStore } from '../../../../api/store/store.ts'
import { newTodo, storeContract } from '../../../contract/store.ts'
import { expectProblem, startTestApi } from '../../../support/api.ts'
import { appError } from '../../../support/app-error.ts'
import { startIssuer } from '../../../support/issuer.ts'
import { findPostgres, type PostgresServer, startPostgres } from '../../../support/postgres.ts'

const required = process.env.REQUIRE_POSTGRES !== undefined

describe.skipIf(findPostgres() === undefined && !required)('with a server', () => {
  let server: PostgresServer
  let url: string

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.close())

  storeContract('PostgreSQL', {
    open: async () => {
      url = await server.newDatabase()
      return await openStore(url)
    },
    openAgain: () => openStore(url),
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
      const { Client } = await import('pg')
      const client = new Client({ connectionString: databaseUrl })
      await client.connect()
      await client.query('UPDATE todo_api_schema SET version = 99')
      await client.end()
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
        .poll(() =>
          store.list({ limit: 5 }).then(
            (todos) => todos.length,
            () => 0,
          ),
        )
        .toBe(1)
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
      await expect.poll(async () => (await list()).status, { timeout: 10_000 }).toBe(200)
    } finally {
      await api.close()
      await issuer.close()
    }
  })

  test('two API processes on one database lose no update', async () => {
    const databaseUrl = await server.newDatabase()
    const store = await openStore(databaseUrl)
    const todo = newTodo({ description: '0' })
    await store.add(todo)
    const module = new URL('../../../../api/store/open.ts', import.meta.url).href
    // Each process counts up 40 times: reads, adds one, writes under the version it read, and tries again when it lost.
    const script = `
      const { openStore } = await import(${JSON.stringify(module)})
      const store = await openStore(${JSON.stringify(databaseUrl)})
      for (let done = 0; done < 40; ) {
        const { description, version } = await store.get({ id: ${JSON.stringify(todo.id)} })
        const change = { description: String(Number(description) + 1) }
        const result = await store.update({ id: ${JSON.stringify(todo.id)}, versions: [version] }, change, new Date().toISOString())
        if (result.outcome === 'updated') done += 1
      }
      await store.close()`
    const processes = [1, 2].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' }),
    )
    const exits = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]))
    expect(exits).toEqual([0, 0])
    expect(await store.get({ id: todo.id })).toMatchObject({ description: '80', version: 81 })
    await store.close()
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
