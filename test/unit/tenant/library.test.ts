import { afterEach, describe, expect, test } from 'vitest'
import { startTenant, type Tenant } from '../../../tenant/server.ts'
import { freePort } from '../../support/ports.ts'
import { askToken } from '../../support/tenant-client.ts'

type Exported = typeof import('../../../scripts/tenant.d.cts')

/** Checked by the compiler: the types that the package exports are those of the source, in both directions. */
const exported: Exported['startTenant'] = startTenant
const tenantAsExported = (tenant: Tenant): Awaited<ReturnType<Exported['startTenant']>> => tenant
const tenantAsWritten = (tenant: Awaited<ReturnType<Exported['startTenant']>>): Tenant => tenant

let running: Tenant | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

describe('startTenant', () => {
  test('listens on any free ports with { port: 0 }, and with nothing', async () => {
    for (const options of [{ port: 0 }, undefined]) {
      running = await exported(options)
      const ports = Object.values(running.ports)
      expect(new Set(ports).size).toBe(5)
      expect(Math.min(...ports)).toBeGreaterThan(0)
      expect((await askToken(running, { client_secret: running.client.secret })).status).toBe(200)
      await running.close()
    }
    running = undefined
  })

  test('gives the issuer the port that is named', async () => {
    const port = await freePort()
    running = tenantAsExported(tenantAsWritten(await startTenant({ port })))
    expect(running.ports.issuer).toBe(port)
    expect(new URL(running.authority).port).toBe(String(port))
  })

  test('has nothing in common with another one that runs at the same time', async () => {
    running = await startTenant()
    const other = await startTenant()
    const answer = await askToken(other, {
      client_id: running.client.appId,
      client_secret: running.client.secret,
    })
    await other.close()
    expect(answer.body.error_codes).toEqual([700016])
    expect(other.caPem).not.toBe(running.caPem)
  })

  test.each([-1, 65_536, 1.5, Number.NaN, '8443', null])(
    'refuses the port %j, and names it',
    async (port) => {
      for (const options of [{ port }, { ports: { graph: port } }]) {
        // @ts-expect-error a caller without types can write anything
        await expect(startTenant(options)).rejects.toMatchObject({
          code: 'setting-invalid',
          message: expect.stringMatching(/^the port of the local tenant's (issuer|graph) can not be /),
          hint: expect.stringContaining('65535'),
        })
      }
    },
  )

  test.each(['', 7, null])('refuses the state folder %j', async (stateDir) => {
    // @ts-expect-error as above
    await expect(startTenant({ stateDir })).rejects.toMatchObject({ code: 'setting-invalid' })
  })

  test('can be closed twice', async () => {
    const tenant = await startTenant()
    await Promise.all([tenant.close(), tenant.close()])
    await tenant.close()
  })
})
