/** A new tenant: who is in it, and that nobody in it may more than is written down. */
import { X509Certificate } from 'node:crypto'
import got from 'got'
import { describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../../../../core/thumbprints.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls, vaultCalls } from '../../../support/tenant-calls.ts'
import { accessToken, askToken, certificateOf, claimsOf } from '../../../support/tenant-client.ts'

const GRAPH = 'https://graph.microsoft.com/.default'
const VAULT = 'https://vault.azure.net'
const tenant = withTenant()
const [graph, vault, admin] = [graphCalls(tenant), vaultCalls(tenant), adminCalls(tenant)]

async function identity(): Promise<{ token: string; oid: unknown }> {
  const { access_token } = await got(tenant().identityEndpoint, {
    searchParams: { 'api-version': '2019-08-01', resource: VAULT },
    headers: { 'x-identity-header': tenant().identityHeader },
  }).json<{ access_token: string }>()
  return { token: access_token, oid: claimsOf(access_token).oid }
}
const principalOf = async (appId: string) => (await graph('GET', `/servicePrincipals(appId='${appId}')`)).body

describe('the daemon', () => {
  test('has both app roles of the API, and none of Graph', async () => {
    expect(claimsOf(await accessToken(tenant())).roles).toEqual([
      'ToDoList.Read.All',
      'ToDoList.ReadWrite.All',
    ])
    expect(claimsOf(await accessToken(tenant(), GRAPH)).roles).toBeUndefined()
  })

  test('is told by the object id that its tokens have', async () => {
    const { oid, sub } = claimsOf(await accessToken(tenant()))
    expect([oid, sub]).toEqual([tenant().client.objectId, tenant().client.objectId])
  })

  test('is registered with its file and with the certificate of the vault, and no more', async () => {
    const { body: app } = await graph('GET', `/applications(appId='${tenant().client.appId}')`)
    const { body: inVault } = await vault('GET', `/certificates/${tenant().vaultCertificateName}`)
    const file = new X509Certificate(certificateOf(tenant().client.certificatePem)).raw
    const registered = app.keyCredentials.map(
      (known: { customKeyIdentifier: string }) => known.customKeyIdentifier,
    )
    const expected = [file, Buffer.from(inVault.cer, 'base64')].map((der) => thumbprintsOf(der).sha1)
    expect(registered).toEqual(expected)
    expect(app.passwordCredentials).toHaveLength(1)
    expect(inVault.policy.key_props.exportable).toBe(false)
  })

  test('may not open the vault', async () => {
    const token = await accessToken(tenant(), `${VAULT}/.default`)
    expect((await vault('GET', '/certificates', undefined, { token })).status).toBe(403)
  })
})

test('the daemon without a role has none', async () => {
  const { appId, secret } = tenant().clientWithoutRole
  const { body } = await askToken(tenant(), { client_id: appId, client_secret: secret })
  expect(claimsOf(body.access_token).roles).toBeUndefined()
})

test('the operator has every app role that Graph has here, and none of the API', async () => {
  const { appRoles } = await principalOf('00000003-0000-0000-c000-000000000000')
  const offered = appRoles.map(({ value }: { value: string }) => value)
  expect(offered).toContain('Application.ReadWrite.All')
  expect(claimsOf(await accessToken(tenant(), GRAPH, 'operator')).roles).toEqual(offered)
  expect(claimsOf(await accessToken(tenant(), undefined, 'operator')).roles).toBeUndefined()
})

describe('the vault', () => {
  test('lets in users, operator and managed identity, and nobody else', async () => {
    const { id: operator } = await principalOf(tenant().operator.appId)
    const { oid } = await identity()
    const { body } = await admin('GET', '/vault/policies')
    const roles = body.value.map(({ id, roles }: { id: string; roles: string[] }) => [id, roles])
    expect(roles).toEqual([
      ...tenant().users.map(({ id }) => [id, ['Key Vault Administrator']]),
      [operator, ['Key Vault Administrator']],
      [oid, ['Key Vault Certificate User']],
    ])
  })

  test('lets the managed identity read alone, once it goes by roles', async () => {
    const { token } = await identity()
    const path = `/certificates/${tenant().vaultCertificateName}`
    await admin('PATCH', '/settings', { vaultByRoles: true })
    const read = await vault('GET', path, undefined, { token })
    const removed = await vault('DELETE', path, undefined, { token })
    const byOperator = await vault('GET', path)
    await admin('PATCH', '/settings', { vaultByRoles: false })
    expect([read.status, removed.status, byOperator.status]).toEqual([200, 403, 200])
  })
})
