/** `api/auth` can be taken along: what its README says is done here, in an empty folder outside of the project. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type CallOptions, call } from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

const PROJECT = join(import.meta.dirname, '../../../..')
const CORE = ['permissions.ts', 'loopback.ts']
/** What the README says to install: to run, and for the types. */
const PACKAGES = ['express', 'express-oauth2-jwt-bearer', '@types/express', '@types/node']

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifted-'))
  await cp(join(PROJECT, 'api/auth'), join(folder, 'api/auth'), { recursive: true })
  await mkdir(join(folder, 'core'))
  for (const name of CORE) await cp(join(PROJECT, 'core', name), join(folder, 'core', name))
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true })
  for (const name of PACKAGES)
    await symlink(join(PROJECT, 'node_modules', name), join(folder, 'node_modules', name))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const readme = await readFile(join(folder, 'api/auth/README.md'), 'utf8')
  const [, example] = /```ts\n([\s\S]+?)```/.exec(readme) ?? []
  await writeFile(join(folder, 'server.ts'), example ?? '')
})
afterAll(() => rm(folder, { recursive: true }))

test('it imports itself, Node, express, the verifier, and two files of core that import nothing else', async () => {
  const files = (await readdir(join(folder, 'api/auth'))).filter((name) => name.endsWith('.ts'))
  const paths = [
    ...files.map((name) => join(folder, 'api/auth', name)),
    ...CORE.map((n) => join(folder, 'core', n)),
  ]
  const imports = new Set<string>()
  for (const path of paths) {
    for (const [, from] of (await readFile(path, 'utf8')).matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/g))
      imports.add(from ?? '')
  }
  const others = [...imports].filter(
    (from) => !/^\.\/[\w-]+\.ts$/.test(from) && !builtinModules.includes(from.replace('node:', '')),
  )
  expect(others.sort()).toEqual([
    '../../core/loopback.ts',
    '../../core/permissions.ts',
    'express',
    'express-oauth2-jwt-bearer',
  ])
})

test("the README's versions are the ones that are tested", async () => {
  const readme = await readFile(join(folder, 'api/auth/README.md'), 'utf8')
  const { devDependencies } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
  for (const name of ['express', 'express-oauth2-jwt-bearer'])
    expect(readme).toContain(`${name}@${devDependencies[name]}`)
})

test('folder and example pass the strictest type check', async () => {
  const { compilerOptions } = JSON.parse(await readFile(join(PROJECT, 'tsconfig.json'), 'utf8'))
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['api', 'core', 'server.ts'] }),
  )
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc')
  const check = promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder })
  expect((await check.catch((error) => error)).stdout).toBe('')
})

/** The example as a process of its own; calls it. */
async function withExample(
  issuer: TestIssuer,
  use: (ask: (method: string, path: string, options?: CallOptions) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const caFile = join(folder, 'ca.crt')
  await writeFile(caFile, issuer.caPem)
  const env = {
    TENANT_ID: issuer.tenantId,
    API_CLIENT_ID: issuer.clientId,
    AUTHORITY: issuer.authority,
    PORT: '0',
    NODE_EXTRA_CA_CERTS: caFile,
  }
  const child = spawn(process.execPath, ['server.ts'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    const port = /port: (\d+)/.exec(String(line))?.[1]
    await use((method, path, options) => call(`http://127.0.0.1:${port}${path}`, method, options))
  } finally {
    child.kill()
  }
}

test('the example runs, lets in who may, and refuses the others with the right answer', async () => {
  const issuer = await startIssuer()
  const user = (scp: string) => issuer.userToken(scp)
  const app = (role: string) => issuer.token({ roles: [role] })
  await withExample(issuer, async (ask) => {
    const name = 'lamp'
    const made = await ask('POST', '/things', { token: await user('Things.ReadWrite'), body: { name } })
    expect([made.status, made.json.name]).toEqual([201, name])
    expect((await ask('GET', '/things', { token: await app('Things.Read.All') })).json.length).toBe(1)
    expect((await ask('GET', '/things', { token: await user('Things.Read') })).json).toEqual([])

    const refusal = async (status: number, code: string, options: CallOptions, method = 'GET') => {
      const answer = await ask(method, '/things', options)
      expect([answer.status, answer.json.code]).toEqual([status, code])
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      return answer.headers
    }
    expect((await refusal(401, 'unauthenticated', {})).get('www-authenticate')).toBe('Bearer realm="api"')
    await refusal(401, 'invalid_token', { token: await issuer.token({ aud: 'other' }) })
    await refusal(400, 'invalid_request', { headers: { authorization: 'Basic x' } })
    const body = { name }
    const lacking = { token: await app('Things.Read.All'), body }
    expect((await refusal(403, 'insufficient_scope', lacking, 'POST')).get('www-authenticate')).toContain(
      'scope="Things.ReadWrite Things.ReadWrite.All"',
    )
  })
  await issuer.close()
})

test('the example says 503 while the issuer is down', async () => {
  const issuer = await startIssuer()
  issuer.mode = 'down'
  await withExample(issuer, async (ask) => {
    const answer = await ask('GET', '/things', { token: await issuer.token() })
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  })
  await issuer.close()
})
