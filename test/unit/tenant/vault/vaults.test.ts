/** Several vaults in one tenant: each name is one of its own, with its own certificates and policies. */
import { describe, expect, test } from 'vitest'
import { isVaultName, vaultNameOf } from '../../../../tenant/vault/vaults.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, refusalOf, vaultCalls } from '../../../support/tenant-calls.ts'
import { accessToken, askToken, assertionFields, clientAssertion } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const vault = vaultCalls(tenant)
const admin = adminCalls(tenant)
const FIRST = 'todo-local.vault.azure.net'
const SECOND = 'second.vault.azure.net'
const at = (host: string, method: string, path: string, body?: object, token?: string) =>
  vault(method, path, body, { host, ...(token ? { token } : {}) })
const value = () => ({ value: tenant().client.certificatePem })

describe('a vault under its own name', () => {
  test('begins empty', async () => {
    expect((await at('empty.vault.azure.net', 'GET', '/certificates')).body.value).toEqual([])
    expect((await at(FIRST, 'GET', '/certificates')).body.value).toHaveLength(1)
  })

  test('is the first one by its name as on loopback', async () => {
    const name = tenant().vaultCertificateName
    const byName = await at(FIRST, 'GET', `/certificates/${name}`)
    expect(byName.body.id).toMatch(`https://${FIRST}/certificates/${name}/`)
    expect(byName.body.cer).toBe((await vault('GET', `/certificates/${name}`)).body.cer)
  })

  test('has certificates, keys and secrets of its own, and names itself in all that it says', async () => {
    expect((await at(SECOND, 'POST', '/certificates/only-here/import', value())).status).toBe(200)
    for (const plane of ['certificates', 'keys', 'secrets']) {
      const here = await at(SECOND, 'GET', `/${plane}/only-here`)
      expect(here.status).toBe(200)
      expect(here.text).toContain(`https://${SECOND}/${plane}/only-here/`)
      expect((await at(FIRST, 'GET', `/${plane}/only-here`)).status).toBe(404)
    }
  })

  test('may have a name that another has, too', async () => {
    const name = tenant().vaultCertificateName
    const body = { policy: { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=other' } } }
    expect((await at(SECOND, 'POST', `/certificates/${name}/create`, body)).status).toBe(202)
    expect((await at(FIRST, 'GET', `/certificates/${name}/pending`)).body.issuer).toEqual({ name: 'Self' })
  })

  test('deletes its own only', async () => {
    await at('third.vault.azure.net', 'POST', '/certificates/twin/import', value())
    await at('fourth.vault.azure.net', 'POST', '/certificates/twin/import', value())
    await at('third.vault.azure.net', 'DELETE', '/certificates/twin')
    expect((await at('fourth.vault.azure.net', 'GET', '/certificates/twin')).status).toBe(200)
    expect(refusalOf(await at('third.vault.azure.net', 'GET', '/certificates/twin')).code).toBe(
      'CertificateNotFound',
    )
  })

  test('has its own policies: closed in one, open in the other', async () => {
    const { body: assigned } = await admin('GET', '/vault/policies')
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default')
    const { objectId } = tenant().client
    await at('fifth.vault.azure.net', 'GET', '/certificates')
    await admin('PUT', `/vault/policies/${objectId}?vault=fifth`, { certificates: ['list'] })
    expect((await at('fifth.vault.azure.net', 'GET', '/certificates', undefined, token)).status).toBe(200)
    const refused = await at(FIRST, 'GET', '/certificates', undefined, token)
    expect(refusalOf(refused)).toEqual({ status: 403, code: 'Forbidden', inner: 'ForbiddenByPolicy' })
    expect(refused.body.error.message).toContain("on key vault 'todo-local;location=local'")
    expect((await admin('GET', '/vault/policies')).body).toEqual(assigned)
  })

  test('lets nobody in again whom it was told to refuse', async () => {
    const host = 'eighth.vault.azure.net'
    expect((await at(host, 'GET', '/certificates')).status).toBe(200)
    const { body } = await admin('GET', '/vault/policies?vault=eighth')
    for (const { id } of body.value)
      expect((await admin('PUT', `/vault/policies/${id}?vault=eighth`, {})).status).toBe(200)
    expect((await at(host, 'GET', '/certificates')).status).toBe(403)
    expect((await at(FIRST, 'GET', '/certificates')).status).toBe(200)
  })

  test('names itself where it refuses', async () => {
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default')
    const refused = await at('sixth.vault.azure.net', 'GET', '/certificates', undefined, token)
    expect(refused.body.error.message).toContain("on key vault 'sixth;location=local'")
  })

  test('lets in whom the first one let in when it was first asked for', async () => {
    const { operator } = tenant()
    const { body } = await admin('GET', '/vault/policies')
    const assertion = await clientAssertion(tenant(), {
      clientId: operator.appId,
      certificatePem: operator.certificatePem,
    })
    const { body: got } = await askToken(tenant(), {
      client_id: operator.appId,
      scope: 'https://vault.azure.net/.default',
      ...assertionFields(assertion),
    })
    expect((await at('seventh.vault.azure.net', 'GET', '/secrets', undefined, got.access_token)).status).toBe(
      200,
    )
    expect((await admin('GET', '/vault/policies?vault=seventh')).body.value).toEqual(body.value)
  })

  test.each(['x', '1st', 'a--b', 'ends-', 'up/../down', 'a'.repeat(25), ''])(
    'is not made by the admin interface for the name %j',
    async (name) => {
      const query = `?vault=${encodeURIComponent(name)}`
      expect((await admin('GET', `/vault/policies${query}`)).status).toBe(400)
      expect((await admin('PUT', `/vault/policies/x${query}`, {})).status).toBe(400)
    },
  )
})

describe('the name of a vault', () => {
  test.each([
    ['todo-local.vault.azure.net', 'todo-local'],
    ['todo-local.vault.azure.net:443', 'todo-local'],
    ['localhost:8443', undefined],
    ['vault.azure.net', undefined],
    ['a.b.vault.azure.net', undefined],
    ['x.vault.azure.net.evil.example', undefined],
  ])('of %s is %s', (host, name) => {
    expect(vaultNameOf(host)).toBe(name)
  })

  test.each(['abc', 'a-b', 'a1', 'todo-local', 'a'.repeat(24)].filter((name) => name.length > 2))(
    'may be %s',
    (name) => {
      expect(isVaultName(name)).toBe(true)
    },
  )
})
