import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTenant, type Tenant } from '../../tenant/server.ts'
import { accessToken, ask, askToken } from '../support/tenant-client.ts'

const ROUNDS = 8
const GRAPH = 'https://graph.microsoft.com/.default'
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenant-kill-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

async function started(stateDir: string): Promise<{ child: ChildProcess; tenant: Tenant }> {
  const child = fork(join(import.meta.dirname, '../support/tenant-process.ts'), [stateDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [tenant] = await once(child, 'message')
  return { child, tenant }
}

/** Makes applications until the tenant is gone; remembers those that were answered. */
async function write(tenant: Tenant, token: string, answered: Set<string>): Promise<void> {
  for (;;) {
    const asked = ask(tenant, `${tenant.graphUrl}/applications`, { token, body: { displayName: 'kept' } })
    const reply = await asked.catch(() => undefined)
    if (reply === undefined) return
    if (reply.status === 201) answered.add(reply.body.id)
  }
}

test(`kill -9 under load, ${ROUNDS} times: what was answered is kept, and the tenant starts again`, async () => {
  const stateDir = join(folder, 'state')
  const answered = new Set<string>()
  let tenantId: string | undefined
  for (let round = 0; round < ROUNDS; round += 1) {
    const { child, tenant } = await started(stateDir)
    tenantId ??= tenant.tenantId
    expect(tenant.tenantId).toBe(tenantId)
    const token = await accessToken(tenant, GRAPH, 'operator')
    const before = answered.size
    const writing = Promise.all([1, 2, 3].map(() => write(tenant, token, answered)))
    // Not after a time, but in the midst of the work: another number of answers each round.
    while (answered.size < before + 3 + round) await ask(tenant, `${tenant.authority}/discovery/v2.0/keys`)
    child.kill('SIGKILL')
    await Promise.all([once(child, 'exit'), writing])
  }
  const tenant = await startTenant({ stateDir })
  try {
    const token = await accessToken(tenant, GRAPH, 'operator')
    const kept = new Set<string>()
    for (
      let link: string | undefined = `${tenant.graphUrl}/applications?$select=id&$top=999`;
      link !== undefined;
    ) {
      const { body } = await ask(tenant, link, { token })
      for (const { id } of body.value) kept.add(id)
      link = body['@odata.nextLink']
    }
    expect([...answered].filter((id) => !kept.has(id))).toEqual([])
    expect(answered.size).toBeGreaterThan(ROUNDS * 3)
  } finally {
    await tenant.close()
  }
})

test('kill -9 while a tenant is made for the first time leaves nothing, or all of it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const stateDir = join(folder, `first-${round}`)
    const child = fork(join(import.meta.dirname, '../support/tenant-process.ts'), [stateDir], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const ready = once(child, 'message')
    const late = new Promise((resolve) => setTimeout(resolve, 150 + round * 60))
    await Promise.race([ready, late])
    child.kill('SIGKILL')
    await once(child, 'exit')
    const tenant = await startTenant({ stateDir })
    expect((await ask(tenant, `${tenant.authority}/discovery/v2.0/keys`)).body.keys).toHaveLength(2)
    await tenant.close()
  }
})

test('kill -9 amid secrets, vault certificates and key rotation: each of them is kept whole', async () => {
  const stateDir = join(folder, 'kinds')
  const secrets = new Map<string, string>()
  const versions = new Set<string>()
  let kids: string[] = []
  let application: { id: string; appId: string } | undefined
  for (let round = 0; round < 4; round += 1) {
    const { child, tenant } = await started(stateDir)
    const graph = await accessToken(tenant, GRAPH, 'operator')
    const vault = await accessToken(tenant, 'https://vault.azure.net/.default', 'operator')
    application ??= await newClient(tenant, graph)
    const { id } = application
    const calls = [
      () => ask(tenant, `${tenant.graphUrl}/applications/${id}/addPassword`, { token: graph, body: {} }),
      () =>
        ask(tenant, `${tenant.vaultUrl}/certificates/kept/import?api-version=7.4`, {
          token: vault,
          body: { value: tenant.client.certificatePem },
        }),
      () => ask(tenant, `${tenant.adminUrl}/keys/rotate`, { method: 'POST', token: tenant.adminToken }),
    ]
    const before = secrets.size + versions.size
    const work = calls.map(async (call) => {
      for (;;) {
        const reply = await call().catch(() => undefined)
        if (reply === undefined) return
        if (reply.body.secretText) secrets.set(reply.body.keyId, reply.body.secretText)
        if (reply.body.sid) versions.add(reply.body.sid.split('/').at(-1))
        if (reply.body.published) kids = reply.body.published
      }
    })
    // The first round lasts until keys were rotated, too: a new one may take longer than all the rest.
    while (secrets.size + versions.size < before + 6 + round || kids.length === 0)
      await ask(tenant, `${tenant.authority}/discovery/v2.0/keys`)
    child.kill('SIGKILL')
    await Promise.all([once(child, 'exit'), ...work])
  }
  expect([secrets.size, versions.size, kids.length].filter((count) => count < 2)).toEqual([])
  const tenant = await startTenant({ stateDir })
  try {
    const { appId = '' } = application ?? {}
    for (const client_secret of secrets.values())
      expect((await askToken(tenant, { client_id: appId, client_secret })).status).toBe(200)
    const token = await accessToken(tenant, 'https://vault.azure.net/.default', 'operator')
    for (const version of versions) {
      const path = `/keys/kept/${version}/sign?api-version=7.4`
      const body = { alg: 'PS256', value: Buffer.alloc(32).toString('base64url') }
      expect((await ask(tenant, tenant.vaultUrl + path, { token, body })).status).toBe(200)
    }
    const { body } = await ask(tenant, `${tenant.authority}/discovery/v2.0/keys`)
    const published = body.keys.map(({ kid }: { kid: string }) => kid)
    expect(kids.filter((kid) => !published.includes(kid))).toEqual([])
    expect(published.length).toBeGreaterThanOrEqual(2)
  } finally {
    await tenant.close()
  }
})

async function newClient(tenant: Tenant, token: string): Promise<{ id: string; appId: string }> {
  const { body } = await ask(tenant, `${tenant.graphUrl}/applications`, {
    token,
    body: { displayName: 'kept' },
  })
  await ask(tenant, `${tenant.graphUrl}/servicePrincipals`, { token, body: { appId: body.appId } })
  return body
}
