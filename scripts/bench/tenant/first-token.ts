/**
 * How long a test waits for a tenant and its first token, in a process of its own, with the package as it is built. Prints
 * the milliseconds since the process began, and the median of starting more tenants in it.
 */
import { request } from 'node:https'
import type { Tenant } from '../../../tenant/server.ts'

type Library = typeof import('../../tenant.d.cts')
const { startTenant }: Library = await import(new URL('../../../dist/tenant.cjs', import.meta.url).href)

const STARTS = 11

async function firstToken(): Promise<number> {
  const begun = performance.now()
  const tenant = await startTenant({ port: 0 })
  const status = await askToken(tenant)
  const milliseconds = performance.now() - begun
  await tenant.close()
  if (status !== 200) throw new Error(`no token: ${status}`)
  return milliseconds
}

type Asked = Pick<Tenant, 'tokenEndpoint' | 'caPem' | 'client' | 'api'>

function askToken({ tokenEndpoint, caPem, client, api }: Asked): Promise<number | undefined> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.appId,
    client_secret: client.secret,
    scope: api.scope,
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    request(tokenEndpoint, { method: 'POST', ca: caPem, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
      .on('error', reject)
      .end(form.toString())
  })
}

await firstToken()
const coldMs = performance.now()
const warm: number[] = []
while (warm.length < STARTS) warm.push(await firstToken())
const warmMs = warm.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)]
console.log(JSON.stringify({ coldMs: Math.round(coldMs), warmMs: Math.round(warmMs ?? 0) }))
