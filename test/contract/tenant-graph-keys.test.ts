/** What idempotence rests on in Graph: keys of the caller's own, deleted items, owners, the tenant's policy, lists that lag. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { type Ask, accessToken, ask, askToken, certificateOf, type Reply } from '../support/tenant-client.ts'

const tenant = withTenant()
const GRAPH = 'https://graph.microsoft.com/.default'
const OWNED = '18a4783c-866b-4cc7-a460-3d5e5662c884'
let token = ''

beforeAll(async () => {
  token = await accessToken(tenant(), GRAPH, 'operator')
})
afterEach(async () => {
  await admin('PUT', '/clock', { offsetMs: 0 })
  await admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
})

const graph = (method: string, path: string, body?: object, options: Ask = {}) =>
  ask(tenant(), `${tenant().graphUrl}${path}`, { method, token, ...(body ? { body } : {}), ...options })
const admin = (method: string, path: string, body: object) =>
  ask(tenant(), tenant().adminUrl + path, { method, token: tenant().adminToken, body })
const refusal = ({ status, body }: Reply) => ({ status, code: body.error?.code })
const CREATE = { headers: { prefer: 'create-if-missing' } }

const upsert = (key: string, body: object = { displayName: key }, options: Ask = CREATE) =>
  graph('PATCH', `/applications(uniqueName='${key}')`, body, options)
const byKey = (key: string) => graph('GET', `/applications(uniqueName='${key}')`)
const named = async (name: string) =>
  (await graph('GET', `/applications?$filter=${encodeURIComponent(`displayName eq '${name}'`)}`)).body.value
const fresh = () => `key-${randomUUID()}`

async function application(fields: object = {}) {
  const { status, body } = await graph('POST', '/applications', { displayName: fresh(), ...fields })
  expect(status).toBe(201)
  return body
}

/** A token of an app that may manage what it owns, and nothing else; and its service principal's id. */
async function owner() {
  const app = await application()
  const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
  const { body: secret } = await graph('POST', `/applications/${app.id}/addPassword`, {})
  const { body: resource } = await graph(
    'GET',
    "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')",
  )
  await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignments`, {
    principalId: sp.id,
    resourceId: resource.id,
    appRoleId: OWNED,
  })
  const asked = { client_id: app.appId, client_secret: secret.secretText, scope: GRAPH }
  return { id: sp.id, as: { token: (await askToken(tenant(), asked)).body.access_token } }
}

describe('a PATCH by a key of the caller’s own', () => {
  test('sent twice makes one app', async () => {
    const key = fresh()
    const first = await upsert(key)
    expect({ status: first.status, name: first.body.uniqueName }).toEqual({ status: 201, name: key })
    expect((await upsert(key)).status).toBe(204)
    expect(await named(key)).toMatchObject([{ id: first.body.id, uniqueName: key }])
    expect((await byKey(key)).body).toMatchObject({ id: first.body.id, appId: first.body.appId })
  })

  test('sent at the same time makes one app', async () => {
    const key = fresh()
    const all = await Promise.all([1, 2, 3, 4].map(() => upsert(key)))
    expect(all.map(({ status }) => status).toSorted()).toEqual([201, 204, 204, 204])
    expect(await named(key)).toHaveLength(1)
  })

  test('changes the app that has it', async () => {
    const key = fresh()
    const { body } = await upsert(key)
    expect((await upsert(key, { displayName: 'another name' })).status).toBe(204)
    expect((await graph('GET', `/applications/${body.id}`)).body.displayName).toBe('another name')
  })

  test('makes nothing where it does not say that it wants to', async () => {
    const key = fresh()
    expect(refusal(await upsert(key, undefined, {}))).toEqual({
      status: 404,
      code: 'Request_ResourceNotFound',
    })
    expect((await byKey(key)).status).toBe(404)
  })

  test('is refused to an app without a role', async () => {
    const own = await accessToken(tenant(), GRAPH)
    expect(refusal(await upsert(fresh(), undefined, { ...CREATE, token: own })).status).toBe(403)
  })

  test('without a name is refused', async () => {
    expect(refusal(await upsert(fresh(), {}))).toEqual({ status: 400, code: 'Request_BadRequest' })
  })

  test('makes the caller an owner who may manage only what it owns', async () => {
    const { id, as } = await owner()
    const { body } = await upsert(fresh(), undefined, { ...CREATE, ...as })
    const { body: owners } = await graph('GET', `/applications/${body.id}/owners`)
    expect(owners.value).toMatchObject([{ id }])
  })
})

describe('a unique name', () => {
  test('is null where nobody chose one, and is given once', async () => {
    const { id, uniqueName } = await application()
    expect(uniqueName).toBeNull()
    const key = fresh()
    expect((await graph('PATCH', `/applications/${id}`, { uniqueName: key })).status).toBe(204)
    expect((await byKey(key)).body.id).toBe(id)
    expect((await graph('PATCH', `/applications/${id}`, { uniqueName: fresh() })).status).toBe(400)
  })

  test('of another app is refused', async () => {
    const key = fresh()
    await upsert(key)
    const refused = await graph('POST', '/applications', { displayName: 'x', uniqueName: key })
    expect(refusal(refused)).toEqual({ status: 400, code: 'Request_BadRequest' })
    expect(refused.body.error.message).toBe(
      'Another object with the same value for property uniqueName already exists.',
    )
  })

  test('stays taken after its app was deleted, until that is removed for good', async () => {
    const key = fresh()
    const { body } = await upsert(key)
    await graph('DELETE', `/applications/${body.id}`)
    expect((await byKey(key)).status).toBe(404)
    const refused = await upsert(key)
    expect(refusal(refused)).toEqual({ status: 400, code: 'Request_BadRequest' })
    expect(refused.body.error.details).toMatchObject([{ code: 'ObjectConflict' }])
    expect((await graph('DELETE', `/directory/deletedItems/${body.id}`)).status).toBe(204)
    expect((await upsert(key)).status).toBe(201)
  })
})

describe('deleted items', () => {
  const deleted = (kind: string) => graph('GET', `/directory/deletedItems/microsoft.graph.${kind}`)

  test('are found, by a list and by id', async () => {
    const app = await application()
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    await graph('DELETE', `/applications/${app.id}`)
    const found = async () =>
      Promise.all(
        ['application', 'servicePrincipal'].map(async (kind) =>
          (await deleted(kind)).body.value.some(({ appId }: { appId: string }) => appId === app.appId),
        ),
      )
    expect(await found()).toEqual([true, true])
    const { body } = await graph('GET', `/directory/deletedItems/${app.id}`)
    expect(body).toMatchObject({ id: app.id, deletedDateTime: expect.any(String) })
    expect((await graph('GET', `/directory/deletedItems/${sp.id}`)).body.appId).toBe(app.appId)
  })

  test('show no secret', async () => {
    const app = await application()
    const { body: secret } = await graph('POST', `/applications/${app.id}/addPassword`, {})
    await graph('DELETE', `/applications/${app.id}`)
    const { text } = await deleted('application')
    expect(text).toContain(app.id)
    expect(text).not.toContain(secret.secretText)
    expect(text).not.toContain('sha256')
  })

  test('are removed for good once', async () => {
    const app = await application()
    expect((await graph('DELETE', `/directory/deletedItems/${app.id}`)).status).toBe(404)
    await graph('DELETE', `/applications/${app.id}`)
    expect((await graph('DELETE', `/directory/deletedItems/${app.id}`)).status).toBe(204)
    expect((await graph('DELETE', `/directory/deletedItems/${app.id}`)).status).toBe(404)
    expect((await graph('GET', `/directory/deletedItems/${app.id}`)).status).toBe(404)
  })

  test('are removed for good by their owner, and by nobody else without the role', async () => {
    const { as } = await owner()
    const { body: mine } = await graph('POST', '/applications', { displayName: 'mine' }, as)
    const other = await application()
    for (const { id } of [mine, other]) await graph('DELETE', `/applications/${id}`)
    const purge = (id: string) => graph('DELETE', `/directory/deletedItems/${id}`, undefined, as)
    expect((await purge(other.id)).status).toBe(403)
    expect((await purge(mine.id)).status).toBe(204)
    expect((await graph('GET', `/directory/deletedItems/${other.id}`)).status).toBe(200)
  })

  test.each(['application', 'servicePrincipal'])('of the kind %s are closed without a role', async (kind) => {
    const own = await accessToken(tenant(), GRAPH)
    const path = `/directory/deletedItems/microsoft.graph.${kind}`
    expect((await graph('GET', path, undefined, { token: own })).status).toBe(403)
  })
})

describe('owners', () => {
  test('a service principal is owned by reference', async () => {
    const { appId } = await application()
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId })
    const owners = async () =>
      (await graph('GET', `/servicePrincipals/${sp.id}/owners`)).body.value.map(
        ({ id }: { id: string }) => id,
      )
    expect(await owners()).toEqual([])
    const { objectId } = tenant().client
    const reference = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${objectId}` }
    const add = () => graph('POST', `/servicePrincipals(appId='${appId}')/owners/$ref`, reference)
    expect((await add()).status).toBe(204)
    expect(refusal(await add())).toEqual({ status: 400, code: 'Request_BadRequest' })
    expect(await owners()).toEqual([objectId])
    const remove = () => graph('DELETE', `/servicePrincipals/${sp.id}/owners/${objectId}/$ref`)
    expect((await remove()).status).toBe(204)
    expect((await remove()).status).toBe(404)
  })

  test('a service principal is managed by who made it, with ReadWrite.OwnedBy, and by nobody else', async () => {
    const { id, as } = await owner()
    const { body: mine } = await graph('POST', '/applications', { displayName: 'mine' }, as)
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: mine.appId }, as)
    expect((await graph('GET', `/servicePrincipals/${sp.id}/owners`)).body.value).toMatchObject([{ id }])
    const other = await application()
    const { body: otherSp } = await graph('POST', '/servicePrincipals', { appId: other.appId })
    expect((await graph('DELETE', `/servicePrincipals/${otherSp.id}`, undefined, as)).status).toBe(403)
    expect((await graph('DELETE', `/servicePrincipals/${sp.id}`, undefined, as)).status).toBe(204)
  })
})

describe('the policy for credentials', () => {
  const POLICY = '/policies/defaultAppManagementPolicy'
  const limit = (restrictionType: string, maxLifetime: string | null) => ({ restrictionType, maxLifetime })
  const set = (isEnabled: boolean, days = 'P30D') =>
    graph('PATCH', POLICY, {
      isEnabled,
      applicationRestrictions: {
        passwordCredentials: [limit('passwordAddition', null), limit('passwordLifetime', days)],
        keyCredentials: [limit('asymmetricKeyLifetime', days)],
      },
    })
  const key = () => ({
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: certificateOf(tenant().client.certificatePem).replace(/-----[^-]+-----|\s/g, ''),
  })
  afterEach(async () => {
    await set(false)
  })

  test('is off in a new tenant', async () => {
    const { status, body } = await graph('GET', POLICY)
    expect({ status, isEnabled: body.isEnabled }).toEqual({ status: 200, isEnabled: false })
  })

  test.each<[string, (id: string) => Promise<Reply>]>([
    ['a secret', (id) => graph('POST', `/applications/${id}/addPassword`, {})],
    ['a certificate', (id) => graph('PATCH', `/applications/${id}`, { keyCredentials: [key()] })],
    [
      'a new app with a certificate',
      () => graph('POST', '/applications', { displayName: 'x', keyCredentials: [key()] }),
    ],
  ])('refuses %s that lives longer than it allows', async (_, add) => {
    const { id } = await application()
    await set(true)
    const refused = await add(id)
    expect(refusal(refused)).toEqual({ status: 400, code: 'CredentialInvalidLifetimeAsPerAppPolicy' })
    await set(true, 'P9999D')
    expect((await add(id)).status).toBeLessThan(300)
  })

  test('leaves what was registered before', async () => {
    const { id } = await application({ keyCredentials: [key()] })
    await set(true)
    const { body } = await graph('GET', `/applications/${id}?$select=keyCredentials`)
    expect(
      (await graph('PATCH', `/applications/${id}`, { keyCredentials: body.keyCredentials })).status,
    ).toBe(204)
  })

  test.each<[string, object]>([
    ['is no switch', { isEnabled: 'yes' }],
    ['has no kind', { applicationRestrictions: { keyCredentials: [{}] } }],
    ['has a lifetime that is none', { applicationRestrictions: { keyCredentials: [limit('x', 'soon')] } }],
    ['is no list', { applicationRestrictions: { keyCredentials: 'x' } }],
  ])('that %s is refused', async (_, body) => {
    expect((await graph('PATCH', POLICY, body)).status).toBe(400)
  })

  test.each(['GET', 'PATCH'])('%s is closed to an app without a role', async (method) => {
    const own = await accessToken(tenant(), GRAPH)
    expect((await graph(method, POLICY, method === 'PATCH' ? {} : undefined, { token: own })).status).toBe(
      403,
    )
  })
})

test('a list lags only where that is asked for, whatever the delay of the issuer', async () => {
  await admin('PATCH', '/settings', { propagationDelayMs: 10_000 })
  const app = await application()
  expect(await named(app.displayName)).toHaveLength(1)
})

test('with lagging lists what was made is found by its key, and by a list later', async () => {
  await admin('PATCH', '/settings', { propagationDelayMs: 10_000, laggingLists: true })
  const key = fresh()
  const { body: app } = await upsert(key)
  const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
  const listed = async () => {
    const filter = encodeURIComponent(`appId eq '${app.appId}'`)
    const lists = ['applications', 'servicePrincipals'].map(
      async (kind) => (await graph('GET', `/${kind}?$filter=${filter}`)).body.value.length,
    )
    return Promise.all(lists)
  }
  expect(await listed()).toEqual([0, 0])
  expect((await byKey(key)).body.id).toBe(app.id)
  expect((await graph('GET', `/servicePrincipals(appId='${app.appId}')`)).body.id).toBe(sp.id)
  await admin('PUT', '/clock', { advanceMs: 10_001 })
  expect(await listed()).toEqual([1, 1])
})
