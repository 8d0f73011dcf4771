import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTenant, type Tenant } from '../../tenant/server.ts'
import { createSandbox, type Sandbox } from '../support/child.ts'

let tenant: Tenant
let sandbox: Sandbox
const tokenRequests: string[] = []

beforeAll(async () => {
  tenant = await startTenant({
    onLog: ({ service, method, path }) => {
      if (service === 'issuer' && method === 'POST') tokenRequests.push(path)
    },
  })
  sandbox = await createSandbox({
    AUTHORITY: tenant.authority,
    CLIENT_ID: tenant.client.appId,
    CLIENT_SECRET: tenant.client.secret,
    SCOPES: tenant.api.scope,
  })
  await writeFile(join(sandbox.folder, 'ca.pem'), tenant.caPem)
})

afterAll(async () => {
  await tenant.close()
  await sandbox.remove()
})

describe('fifty processes that start at once', () => {
  it('make one token request and all get the token', { timeout: 120_000 }, async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, () => sandbox.todoCli('token', 'get', '--ca-file', 'ca.pem')),
    )
    expect(results.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
      results.map(() => ({ exitCode: 0, stderr: '' })),
    )
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1)
    expect(tokenRequests).toHaveLength(1)
  })

  it('each make one where they keep no token', async () => {
    tokenRequests.length = 0
    await Promise.all(
      [1, 2, 3].map(() => sandbox.todoCli('token', 'get', '--ca-file', 'ca.pem', '--no-cache')),
    )
    expect(tokenRequests).toHaveLength(3)
  })
})
