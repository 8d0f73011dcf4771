/** A service principal’s own credentials, and its other members: `az ad sp` and create-for-rbac work on them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import {
  accessToken,
  askToken,
  assertionFields,
  certificateOf,
  clientAssertion,
} from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
let appId = ''
let path = ''

beforeEach(async () => {
  appId = (await graph('POST', '/applications', { displayName: 'principal' })).body.appId
  const { body } = await graph('POST', '/servicePrincipals', { appId, accountEnabled: true })
  path = `/servicePrincipals/${body.id}`
})
const shown = async () => (await graph('GET', path)).body
const tokenBy = async (fields: Record<string, string>) => {
  const { status, body } = await askToken(tenant(), { client_id: appId, ...fields })
  return status === 200 ? 200 : body.error_codes[0]
}

describe('a secret of a service principal', () => {
  test('proves its app, is shown once, and is over when it is removed', async () => {
    const { status, body } = await graph('POST', `${path}/addPassword`, {
      passwordCredential: { displayName: 'rbac' },
    })
    expect(status).toBe(200)
    const { secretText, keyId } = body
    expect(await tokenBy({ client_secret: secretText })).toBe(200)
    const { passwordCredentials } = await shown()
    expect(passwordCredentials).toMatchObject([{ keyId, displayName: 'rbac', secretText: null }])
    expect(passwordCredentials[0]).not.toHaveProperty('sha256')
    const application = await graph('GET', `/applications(appId='${appId}')`)
    expect(application.body.passwordCredentials).toEqual([])
    expect((await graph('POST', `${path}/removePassword`, { keyId })).status).toBe(204)
    expect(await tokenBy({ client_secret: secretText })).toBe(7000215)
  })

  test('that is not there can not be removed', async () => {
    expect(refusalOf(await graph('POST', `${path}/removePassword`, { keyId: 'none' }))).toEqual({
      status: 400,
      code: 'Request_BadRequest',
    })
  })

  test('is not given by who may not manage apps', async () => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    for (const call of ['addPassword', 'removePassword']) {
      expect((await graph('POST', `${path}/${call}`, {}, { token })).status).toBe(403)
    }
    expect((await shown()).passwordCredentials).toEqual([])
  })

  test('leaves no digest in the bin', async () => {
    await graph('POST', `${path}/addPassword`, {})
    const { id } = await shown()
    expect((await graph('DELETE', path)).status).toBe(204)
    for (const where of ['microsoft.graph.servicePrincipal', id]) {
      const { status, text } = await graph('GET', `/directory/deletedItems/${where}`)
      expect({ status, text }).toEqual({ status: 200, text: expect.not.stringContaining('sha256') })
    }
  })
})

describe('a certificate of a service principal', () => {
  test('proves its app, its key is shown to who asks for it, and the next collection replaces it', async () => {
    const { certificatePem } = tenant().client
    const key = certificateOf(certificatePem).replace(/-----[^-]+-----|\s/g, '')
    const prove = async () =>
      tokenBy(assertionFields(await clientAssertion(tenant(), { clientId: appId, certificatePem })))
    expect(await prove()).toBe(700027)
    const keyCredentials = [{ type: 'AsymmetricX509Cert', usage: 'Verify', key }]
    expect((await graph('PATCH', path, { keyCredentials })).status).toBe(204)
    expect(await prove()).toBe(200)
    expect((await shown()).keyCredentials).toMatchObject([{ key: null }])
    const selected = await graph('GET', `${path}?$select=keyCredentials`)
    expect(selected.body.keyCredentials).toMatchObject([{ key }])
    expect((await graph('PATCH', path, { keyCredentials: [] })).status).toBe(204)
    expect(await prove()).toBe(700027)
  })
})

test('a certificate that lives longer than the policy allows comes neither with a new one nor later', async () => {
  const policy = '/policies/defaultAppManagementPolicy'
  const keyCredentials = [{ restrictionType: 'asymmetricKeyLifetime', maxLifetime: 'P1D' }]
  await graph('PATCH', policy, { isEnabled: true, applicationRestrictions: { keyCredentials } })
  try {
    const key = certificateOf(tenant().client.certificatePem).replace(/-----[^-]+-----|\s/g, '')
    const sent = { keyCredentials: [{ key }] }
    const refusal = { status: 400, code: 'CredentialInvalidLifetimeAsPerAppPolicy' }
    expect(refusalOf(await graph('PATCH', path, sent))).toEqual(refusal)
    expect((await shown()).keyCredentials).toEqual([])
    const { body } = await graph('POST', '/applications', { displayName: 'limited' })
    expect(refusalOf(await graph('POST', '/servicePrincipals', { appId: body.appId, ...sent }))).toEqual(
      refusal,
    )
    expect((await graph('GET', `/servicePrincipals(appId='${body.appId}')`)).status).toBe(404)
  } finally {
    await graph('PATCH', policy, { isEnabled: false, applicationRestrictions: {} })
  }
})

describe('the members of a service principal', () => {
  test('that the tenant does not look at are kept, each for itself', async () => {
    expect((await graph('PATCH', path, { tags: ['a'], notes: 'n' })).status).toBe(204)
    expect((await graph('PATCH', path, { notes: 'm' })).status).toBe(204)
    expect(await shown()).toMatchObject({ tags: ['a'], notes: 'm' })
  })

  test('count from the start: one that is made disabled is disabled', async () => {
    const { body } = await graph('POST', '/applications', { displayName: 'disabled' })
    const members = { accountEnabled: false, appRoleAssignmentRequired: true, tags: ['t'] }
    const made = await graph('POST', '/servicePrincipals', { appId: body.appId, ...members })
    expect(made.body).toMatchObject(members)
    appId = body.appId
    expect(await tokenBy({ client_secret: 'x' })).toBe(7000112)
  })

  test('may stand beside annotations, which are passed over', async () => {
    const body = { '@odata.type': '#microsoft.graph.servicePrincipal', notes: 'n' }
    expect((await graph('PATCH', path, body)).status).toBe(204)
    const { notes, ...rest } = await shown()
    expect(notes).toBe('n')
    expect(rest).not.toHaveProperty('@odata.type')
  })

  test('repeat the scopes and roles of the application, and its names', async () => {
    const { body } = await graph('GET', `/servicePrincipals(appId='${tenant().api.appId}')`)
    const { body: app } = await graph('GET', `/applications(appId='${tenant().api.appId}')`)
    expect(app.api.oauth2PermissionScopes.length).toBeGreaterThan(0)
    expect(body).toMatchObject({
      appRoles: app.appRoles,
      oauth2PermissionScopes: app.api.oauth2PermissionScopes,
      servicePrincipalNames: [...app.identifierUris, app.appId],
    })
    const scopes = await graph('GET', `/servicePrincipals/${body.id}/oauth2PermissionScopes`)
    expect(scopes.body.value).toEqual(app.api.oauth2PermissionScopes)
  })

  test('are of one service principal an app', async () => {
    const { id } = await shown()
    const answer = await graph('POST', '/servicePrincipals', { appId, notes: 'second' })
    expect(refusalOf(answer)).toEqual({ status: 409, code: 'Request_MultipleObjectsWithSameKeyValue' })
    expect(await shown()).not.toHaveProperty('notes')
    expect((await graph('GET', `/servicePrincipals(appId='${appId}')`)).body.id).toBe(id)
  })

  test.each<[string, object]>([
    ['a state that is no flag', { accountEnabled: 'yes' }],
    ['a member that Graph does not know', { colour: 'red' }],
    ['secrets of the caller’s making', { passwordCredentials: [{ secretText: 'x' }] }],
    ['secrets that are no list', { passwordCredentials: 'x' }],
    ['an object of secrets', { passwordCredentials: {} }],
    ['secrets that are null', { passwordCredentials: null }],
    ['a number of secrets', { passwordCredentials: 0 }],
    ['a member that ends as an annotation', { 'x@odata.': 1 }],
    ['a key that is none', { keyCredentials: [{ key: 'x' }] }],
  ])('with %s are refused, in a PATCH and in a POST', async (_, members) => {
    expect((await graph('PATCH', path, members)).status).toBe(400)
    const { body } = await graph('POST', '/applications', { displayName: 'refused' })
    const made = await graph('POST', '/servicePrincipals', { appId: body.appId, ...members })
    expect(made.status).toBe(400)
  })

  test('may empty the list of secrets', async () => {
    await graph('POST', `${path}/addPassword`, {})
    expect((await graph('PATCH', path, { passwordCredentials: [] })).status).toBe(204)
    expect((await shown()).passwordCredentials).toEqual([])
  })
})

describe('owned objects', () => {
  const kinds = async (of: string) =>
    (await graph('GET', `${of}/ownedObjects`)).body.value.map((entry: object) => [
      Object.values(entry)[0],
      'appId' in entry && entry.appId,
    ])

  test('are the apps and service principals that somebody owns, each with its type', async () => {
    const { value: users } = (await graph('GET', '/users')).body
    const owner = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${users[0].id}` }
    expect(await kinds(`/users/${users[0].id}`)).toEqual([])
    for (const owned of [`/applications(appId='${appId}')`, path]) {
      expect((await graph('POST', `${owned}/owners/$ref`, owner)).status).toBe(204)
    }
    expect(await kinds(`/users/${users[0].id}`)).toEqual([
      ['#microsoft.graph.application', appId],
      ['#microsoft.graph.servicePrincipal', appId],
    ])
    expect(await kinds(`/users/${users[1].id}`)).toEqual([])
    expect(await kinds(path)).toEqual([])
  })

  test('of an app as /me are refused: it is no user', async () => {
    const answer = await graph('GET', '/me/ownedObjects')
    expect(refusalOf(answer)).toEqual({ status: 400, code: 'BadRequest' })
  })

  test('of others are not shown to who may read no apps', async () => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    expect((await graph('GET', `${path}/ownedObjects`, undefined, { token })).status).toBe(403)
  })
})
