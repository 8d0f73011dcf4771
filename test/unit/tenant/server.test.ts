import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ExchangeRecord, startTenant, type Tenant, type TenantOptions } from '../../../tenant/server.ts'
import { freePort, freePorts } from '../../support/ports.ts'
import { ask, askToken } from '../../support/tenant-client.ts'

let stateDir: string
const running: Tenant[] = []

beforeEach(async () => {
  stateDir = join(await mkdtemp(join(tmpdir(), 'tenant-')), 'state')
})
afterEach(async () => {
  for (const tenant of running.splice(0)) await tenant.close()
  await rm(join(stateDir, '..'), { recursive: true })
})

async function started(options: TenantOptions = {}): Promise<Tenant> {
  const tenant = await startTenant(options)
  running.push(tenant)
  return tenant
}

async function listening(port = 0): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
async function refused(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
}

describe('a tenant with a state folder', () => {
  test('is the same after a restart, on the same ports', async () => {
    const ports = await freePorts()
    const first = await started({ stateDir, ports })
    const { body: keys } = await ask(first, `${first.authority}/discovery/v2.0/keys`)
    await running.pop()?.close()
    const { close: _, tls: __, ...facts } = first
    const second = await started({ stateDir, ports })
    expect(second).toMatchObject(facts)
    expect((await askToken(second, { client_secret: first.client.secret })).status).toBe(200)
    expect((await ask(second, `${second.authority}/discovery/v2.0/keys`)).body).toEqual(keys)
  })

  test('keeps its secrets in 0600 files of a 0700 folder', async () => {
    const { files, client, adminToken, caPem } = await started({ stateDir })
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700)
    const paths = Object.values(files ?? {})
    expect(paths).toHaveLength(5)
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o600)
    const contents = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
    expect(contents).toEqual(
      expect.arrayContaining([client.secret, adminToken, caPem, client.certificatePem]),
    )
  })

  test('whose database is gone, while its secrets are there, says so', async () => {
    const { files } = await started({ stateDir })
    await running.pop()?.close()
    await rm(join(stateDir, 'tenant.db'))
    await expect(startTenant({ stateDir })).rejects.toMatchObject({
      code: 'local-state-invalid',
      hint: expect.stringContaining('local reset'),
    })
    expect(await readFile(files?.clientSecret ?? '', 'utf8')).not.toBe('')
  })

  test('whose database is damaged says so', async () => {
    await started({ stateDir })
    await running.pop()?.close()
    await writeFile(join(stateDir, 'tenant.db'), Buffer.alloc(5000, 7))
    await expect(startTenant({ stateDir })).rejects.toMatchObject({ code: 'local-state-invalid' })
  })

  test('that runs already is not started twice', async () => {
    await started({ stateDir })
    await expect(startTenant({ stateDir })).rejects.toMatchObject({ code: 'local-state-in-use' })
  })
})

describe('a tenant without one', () => {
  test('has no files, and names of its own each time', async () => {
    const [first, second] = [await started(), await started()]
    expect(first.files).toBeUndefined()
    expect(first.tenantId).not.toBe(second.tenantId)
    expect(first.client.secret).not.toBe(second.client.secret)
  })

  test('names a port that is taken, leaves none open, and lets go of its state', async () => {
    const taken = await listening(await freePort())
    const ports = { issuer: await freePort(), admin: portOf(taken) }
    await expect(startTenant({ stateDir, ports })).rejects.toMatchObject({
      code: 'local-port-in-use',
      message: expect.stringContaining(`port ${ports.admin}`),
    })
    await refused(ports.issuer)
    taken.close()
    expect((await started({ stateDir, ports })).ports).toMatchObject(ports)
  })

  test('closes all that it opened, the proxy too, once however often it is told', async () => {
    const tenant = await startTenant({ cloudNames: true, ports: await freePorts() })
    const ports = Object.values(tenant.ports)
    expect(ports).toHaveLength(6)
    await Promise.all([tenant.close(), tenant.close()])
    for (const port of ports) await refused(port)
  })

  test('has a proxy at the port that is named where cloud names are asked for, and none otherwise', async () => {
    const ports = { proxy: await freePort() }
    expect((await started({ ports })).proxyUrl).toBeUndefined()
    await refused(ports.proxy)
    expect((await started({ ports, cloudNames: true })).proxyUrl).toBe(`http://localhost:${ports.proxy}`)
  })

  test('gives no service, where any free port will do, one that another is to have', async () => {
    // A quarter of all ports, by names that no service has.
    const half = Array.from({ length: 16_384 }, (_, index) => [`n${index}`, 4 * index + 1] as const)
    for (let count = 0; count < 4; count += 1) {
      const { ports, close } = await startTenant({ cloudNames: true, ports: Object.fromEntries(half) })
      await close()
      expect(Object.values(ports).filter((port) => port % 4 === 1)).toEqual([])
    }
  })

  test('takes a port that is undefined for any free one', async () => {
    const ports = { issuer: undefined, admin: undefined } as unknown as Tenant['ports']
    expect((await started({ ports })).ports.admin).toBeGreaterThan(0)
  })

  test('listens on loopback only', async () => {
    const { ports } = await started()
    const { networkInterfaces } = await import('node:os')
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address !== undefined && !address.internal && address.family === 'IPv4')
    if (outside === undefined) return
    const socket = connect(ports.issuer, outside.address)
    const [error] = await once(socket, 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('every service', () => {
  let tenant: Tenant
  const log: ExchangeRecord[] = []
  beforeAll(async () => {
    tenant = await startTenant({ onLog: (record) => log.push(record) })
  })
  afterAll(async () => {
    await tenant.close()
  })
  const services = ['issuer', 'vault', 'graph', 'admin'] as const

  test.each(services)('%s refuses another host, so that no name can be pointed here', async (name) => {
    const { status, headers } = await ask(tenant, `https://localhost:${tenant.ports[name]}/`, {
      headers: { host: 'evil.example' },
    })
    expect(status).toBe(421)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test.each(services)('%s answers an unknown address and a broken one without a stack', async (name) => {
    for (const path of ['/none/of/these/is/here', '/%zz']) {
      const { status, text } = await ask(tenant, `https://localhost:${tenant.ports[name]}${path}`)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      expect(text).not.toMatch(/at .*\.ts|node:internal/)
    }
  })

  test('logs each exchange with the reason of a refusal, and no secret', async () => {
    log.length = 0
    await askToken(tenant, { client_secret: 'not-this-one' })
    await ask(tenant, `${tenant.vaultUrl}/certificates/x?api-version=7.4`)
    expect(log).toMatchObject([
      {
        service: 'issuer',
        status: 401,
        code: 'AADSTS7000215',
        clientId: tenant.client.appId,
        reason: expect.stringContaining('Invalid client secret'),
      },
      { service: 'vault', status: 401, code: 'Unauthorized', path: '/certificates/x' },
    ])
    expect(JSON.stringify(log)).not.toContain('not-this-one')
  })
})

describe('the admin interface', () => {
  let tenant: Tenant
  let stopped = Promise.withResolvers<void>()
  let stops = 0
  beforeAll(async () => {
    const onStop = () => {
      stops += 1
      stopped.resolve()
    }
    tenant = await startTenant({ onStop })
  })
  afterAll(async () => {
    await tenant.close()
  })
  const admin = (method: string, path: string, token: string) =>
    ask(tenant, tenant.adminUrl + path, { method, token })

  test('tells the status to who has the token', async () => {
    const { status, body } = await admin('GET', '/status', tenant.adminToken)
    expect({ status, body }).toEqual({
      status: 200,
      body: { tenantId: tenant.tenantId, startedAt: expect.any(String) },
    })
  })

  test.each(['', 'wrong', 'x'.repeat(43)])('is closed to the token %j', async (token) => {
    expect((await admin('GET', '/status', token)).status).toBe(401)
    expect((await admin('POST', '/stop', token)).status).toBe(401)
    expect(stops).toBe(0)
  })

  test('stops the tenant after it has answered', async () => {
    stopped = Promise.withResolvers()
    const { status, body } = await admin('POST', '/stop', tenant.adminToken)
    expect({ status, body }).toEqual({ status: 202, body: { stopping: true } })
    await stopped.promise
    expect(stops).toBe(1)
  })
})
