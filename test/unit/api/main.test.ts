/** `todo-api` as a process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../../support/api.ts'
import { startApiProcess as start } from '../../support/api-process.ts'
import { startIssuer, type TestIssuer } from '../../support/issuer.ts'

let issuer: TestIssuer
let folder: string

beforeAll(async () => {
  issuer = await startIssuer()
  folder = await mkdtemp(join(tmpdir(), 'todo-main-'))
  await writeFile(join(folder, 'ca.pem'), issuer.caPem)
})
afterAll(async () => {
  await issuer.close()
  await rm(folder, { recursive: true })
})

const variables = () => ({
  TODO_API_TENANT_ID: issuer.tenantId,
  TODO_API_CLIENT_ID: issuer.clientId,
  TODO_API_AUTHORITY: issuer.authority,
  TODO_API_CA_FILE: join(folder, 'ca.pem'),
  TODO_API_PORT: '0',
  DATABASE_URL: `sqlite:${join(folder, 'main.db')}`,
})

test('--help lists every variable', async () => {
  const { ended, output } = start({}, '--help')
  expect(await ended).toBe(0)
  for (const name of [...Object.keys(variables()), 'TODO_API_TLS_CERT_FILE', 'TODO_API_ALLOWED_TENANTS']) {
    expect(output()).toContain(name)
  }
})

test('without configuration: every missing variable in one line, a hint, exit code 2', async () => {
  const { ended, output, errors } = start({})
  expect(await ended).toBe(2)
  expect(output()).toBe('')
  expect(errors()).toMatch(
    /^error: TODO_API_TENANT_ID is missing; TODO_API_CLIENT_ID is missing; .*\nhint: .*\n$/,
  )
})

test('an argument that it does not know is refused', async () => {
  const { ended, errors } = start({}, 'frobnicate')
  expect(await ended).toBe(2)
  expect(errors()).toMatch(/^error: .*frobnicate.*\nhint: .*--help\n$/)
})

test.each(['SIGTERM', 'SIGINT'] as const)('it serves until %s, then exits 0', async (signal) => {
  const running = start(variables())
  const answer = await call(await running.url(), 'GET', { token: await issuer.token() })
  expect(answer.status).toBe(200)
  running.child.kill(signal)
  expect(await running.ended).toBe(0)
  expect(running.output()).toContain('"stopped"')
  expect(running.errors()).toBe('')
})

test('it goes on serving when nobody reads its log any more', async () => {
  const running = start(variables())
  const url = await running.url()
  running.child.stdout?.destroy()
  const token = await issuer.token()
  // Each is logged: the first line that is written finds the pipe closed.
  for (let index = 0; index < 100; index += 1) await call(url, 'GET', { token })
  const health = new URL('/healthz', url).href
  await call(health, 'GET')
  expect((await call(url, 'GET', { token })).status).toBe(200)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
  expect(running.errors()).toBe('')
})
