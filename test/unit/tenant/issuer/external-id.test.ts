/** External ID: another host, another issuer, other signing keys (entra.md 2.5 and 2.6). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { startTenant, type Tenant } from '../../../../tenant/server.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls } from '../../../support/tenant-calls.ts'
import { ask, askToken, claimsOf } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = adminCalls(tenant)
const EXTERNAL = 'contoso.ciamlogin.com'
const WORKFORCE = 'login.microsoftonline.com'

const path = (of: Tenant, rest: string) => `https://localhost:${of.ports.issuer}/${of.tenantId}${rest}`
async function keysAt(host: string, of = tenant()) {
  const { body } = await ask(of, path(of, '/discovery/v2.0/keys'), { host })
  return body as { keys: { kid: string; issuer: string }[] }
}
const kidsAt = async (host: string, of = tenant()) => (await keysAt(host, of)).keys.map(({ kid }) => kid)
async function tokenAt(host: string, scope?: string) {
  const fields = { client_secret: tenant().client.secret, ...(scope ? { scope } : {}) }
  const url = path(tenant(), '/oauth2/v2.0/token')
  return (await askToken(tenant(), fields, { url, host })).body.access_token
}

describe('External ID', () => {
  test('has keys of its own, two of them, under its own issuer', async () => {
    const [external, workforce] = [await keysAt(EXTERNAL), await keysAt(WORKFORCE)]
    expect(external.keys).toHaveLength(2)
    const { tenantId } = tenant()
    for (const key of external.keys) {
      expect(key.issuer).toBe(`https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`)
      expect(workforce.keys.map(({ kid }) => kid)).not.toContain(key.kid)
    }
  })

  test('signs v2.0 tokens with them, by its own issuer', async () => {
    const token = await tokenAt(EXTERNAL)
    const { payload } = await jwtVerify(token, createLocalJWKSet((await keysAt(EXTERNAL)) as never))
    expect(payload.iss).toBe(`https://${tenant().tenantId}.ciamlogin.com/${tenant().tenantId}/v2.0`)
    await expect(
      jwtVerify(token, createLocalJWKSet((await keysAt(WORKFORCE)) as never)),
    ).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' })
  })

  test('signs v1.0 tokens with the tenant’s: they are sts.windows.net’s, and open the vault', async () => {
    const token = await tokenAt(EXTERNAL, 'https://vault.azure.net/.default')
    expect(await kidsAt(WORKFORCE)).toContain(decodeProtectedHeader(token).kid)
    expect(claimsOf(token).iss).toBe(`https://sts.windows.net/${tenant().tenantId}/`)
    const url = `${tenant().vaultUrl}/certificates?api-version=7.4`
    expect((await ask(tenant(), url, { token })).body.error.innererror.code).toBe('ForbiddenByPolicy')
  })

  test('answers by any of its names with the same keys', async () => {
    expect(await kidsAt(`${tenant().tenantId}.ciamlogin.com`)).toEqual(await kidsAt(EXTERNAL))
  })

  test('has no keys at common/discovery/keys, where v1.0 clients look in vain', async () => {
    const url = `https://localhost:${tenant().ports.issuer}/common/discovery/keys`
    expect((await ask(tenant(), url, { host: EXTERNAL })).status).toBe(404)
  })

  test('rotates with the tenant', async () => {
    const before = await kidsAt(EXTERNAL)
    const signer = decodeProtectedHeader(await tokenAt(EXTERNAL)).kid
    const { body } = await admin('POST', '/keys/rotate')
    expect(before).toContain(body.external.active)
    const next = decodeProtectedHeader(await tokenAt(EXTERNAL)).kid
    expect(next).toBe(body.external.active)
    expect(next).not.toBe(signer)
    expect(await kidsAt(EXTERNAL)).toHaveLength(3)
  })

  test('is asked by many at once, and makes its keys once', async () => {
    const fresh = await startTenant()
    try {
      const all = await Promise.all(Array.from({ length: 6 }, () => kidsAt(EXTERNAL, fresh)))
      for (const kids of all) expect(kids).toEqual(all[0])
    } finally {
      await fresh.close()
    }
  })

  test('keeps its keys over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'external-'))
    const stateDir = join(folder, 'state')
    try {
      const first = await startTenant({ stateDir })
      const kids = await kidsAt(EXTERNAL, first)
      await first.close()
      const second = await startTenant({ stateDir })
      expect(await kidsAt(EXTERNAL, second)).toEqual(kids)
      await second.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('of a tenant that was never asked for it has no keys to rotate', async () => {
    const fresh = await startTenant()
    try {
      const { body } = await adminCalls(() => fresh)('POST', '/keys/rotate')
      expect(body).not.toHaveProperty('external')
    } finally {
      await fresh.close()
    }
  })
})
