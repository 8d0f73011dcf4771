import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import {
  type Ask,
  accessToken,
  ask,
  askToken,
  assertionFields,
  certificateOf,
  claimsOf,
  clientAssertion,
  type Reply,
} from '../support/tenant-client.ts'

const tenant = withTenant()
const GRAPH = 'https://graph.microsoft.com/.default'
let token = ''
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

beforeAll(async () => {
  token = await accessToken(tenant(), GRAPH, 'operator')
})

const graph = (method: string, path: string, body?: object, options: Ask = {}) =>
  ask(tenant(), `${tenant().graphUrl}${path}`, { method, token, ...(body ? { body } : {}), ...options })
const admin = (method: string, path: string, body: object) =>
  ask(tenant(), tenant().adminUrl + path, { method, token: tenant().adminToken, body })
const der = (pem: string) => certificateOf(pem).replace(/-----[^-]+-----|\s/g, '')

async function application(fields: object = {}) {
  const { status, body } = await graph('POST', '/applications', {
    displayName: `app-${randomUUID()}`,
    ...fields,
  })
  expect(status).toBe(201)
  return body
}
async function principal(appId: string) {
  const { status, body } = await graph('POST', '/servicePrincipals', { appId })
  expect(status).toBe(201)
  return body
}
const refusal = ({ status, body }: Reply) => ({ status, code: body.error?.code })
const BAD = { status: 400, code: 'Request_BadRequest' }
const role = (value: string, more: object = {}) => ({
  id: randomUUID(),
  value,
  isEnabled: true,
  displayName: value,
  description: value,
  allowedMemberTypes: ['Application'],
  ...more,
})

describe('an app registration from nothing', () => {
  test('API, client, consent and secret lead to a token with the role', async () => {
    const uri = `api://${randomUUID()}`
    const api = await application({
      identifierUris: [uri],
      api: { requestedAccessTokenVersion: 2 },
      appRoles: [role('Things.Read.All')],
      optionalClaims: { accessToken: [{ name: 'idtyp', source: null, essential: false }] },
    })
    const client = await application()
    const { body: secret } = await graph('POST', `/applications/${client.id}/addPassword`, {
      passwordCredential: { displayName: 'x' },
    })
    const ask1 = () =>
      askToken(tenant(), {
        client_id: client.appId,
        client_secret: secret.secretText,
        scope: `${uri}/.default`,
      })
    expect((await ask1()).body.error_codes).toEqual([700016])
    const clientSp = await principal(client.appId)
    expect((await ask1()).body.error_codes).toEqual([500011])
    const apiSp = await principal(api.appId)
    expect(claimsOf((await ask1()).body.access_token)).not.toHaveProperty('roles')
    const consent = { principalId: clientSp.id, resourceId: apiSp.id, appRoleId: api.appRoles[0].id }
    const assigned = await graph('POST', `/servicePrincipals/${clientSp.id}/appRoleAssignments`, consent)
    expect(assigned.status).toBe(201)
    expect(claimsOf((await ask1()).body.access_token)).toMatchObject({
      roles: ['Things.Read.All'],
      aud: api.appId,
      idtyp: 'app',
    })
    const again = await graph('POST', `/servicePrincipals/${apiSp.id}/appRoleAssignedTo`, consent)
    expect(refusal(again)).toEqual(BAD)
    expect(again.body.error.message).toBe('Permission being assigned already exists on the object.')
    expect(new Set([client.id, client.appId, clientSp.id]).size).toBe(3)
    await graph('DELETE', `/servicePrincipals/${apiSp.id}/appRoleAssignedTo/${assigned.body.id}`)
    expect(claimsOf((await ask1()).body.access_token)).not.toHaveProperty('roles')
  })

  test('a resource that never chose a version gets v1.0 tokens, addressed to the URI that was asked for', async () => {
    const uri = `api://${randomUUID()}`
    const api = await application({ identifierUris: [uri] })
    await principal(api.appId)
    const { body } = await askToken(tenant(), {
      client_secret: tenant().client.secret,
      scope: `${uri}/.default`,
    })
    expect(claimsOf(body.access_token)).toMatchObject({ aud: uri, ver: '1.0' })
    const byId = await askToken(tenant(), {
      client_secret: tenant().client.secret,
      scope: `${api.appId}/.default`,
    })
    expect(claimsOf(byId.body.access_token).aud).toBe(api.appId)
  })

  test('a resource that requires an assignment refuses a client without one', async () => {
    const api = await application({ identifierUris: [`api://${randomUUID()}`] })
    const sp = await principal(api.appId)
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: true })
    const { status, body } = await askToken(tenant(), {
      client_secret: tenant().client.secret,
      scope: `${api.identifierUris[0]}/.default`,
    })
    expect({ status, error: body.error, codes: body.error_codes }).toEqual({
      status: 400,
      error: 'invalid_grant',
      codes: [501051],
    })
    expect(body.error_description).toContain(
      `'${tenant().client.appId}'(todo-daemon) is not assigned to a role for the application '${api.appId}'(${api.displayName})`,
    )
  })

  test('a public client must not present a credential', async () => {
    const app = await application({ isFallbackPublicClient: true })
    await principal(app.appId)
    const { status, body } = await askToken(tenant(), { client_id: app.appId, client_secret: 'x' })
    expect({ status, codes: body.error_codes }).toEqual({ status: 401, codes: [700025] })
  })

  test('an app whose service principal is disabled gets no token', async () => {
    const app = await application()
    const sp = await principal(app.appId)
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { accountEnabled: false })
    const { status, body } = await askToken(tenant(), { client_id: app.appId, client_secret: 'x' })
    expect({ status, error: body.error, codes: body.error_codes }).toEqual({
      ...{ status: 400, error: 'unauthorized_client', codes: [7000112] },
    })
  })

  test('a removed app is gone, with its service principal', async () => {
    const app = await application()
    const sp = await principal(app.appId)
    expect((await graph('DELETE', `/applications/${app.id}`)).status).toBe(204)
    expect((await graph('GET', `/applications/${app.id}`)).status).toBe(404)
    expect((await graph('GET', `/servicePrincipals/${sp.id}`)).status).toBe(404)
  })

  test('a change is seen by the issuer after the propagation delay', async () => {
    const app = await application()
    await principal(app.appId)
    await admin('PATCH', '/settings', { propagationDelayMs: 10_000 })
    const { body: secret } = await graph('POST', `/applications(appId='${app.appId}')/addPassword`, {})
    const signIn = async () =>
      (await askToken(tenant(), { client_id: app.appId, client_secret: secret.secretText })).body
    expect((await signIn()).error_codes).toEqual([7000215])
    await admin('PUT', '/clock', { advanceMs: 10_001 })
    expect((await signIn()).access_token).toMatch(/^ey/)
    await admin('PATCH', '/settings', { propagationDelayMs: 0 })
    await admin('PUT', '/clock', { offsetMs: 0 })
  })
})

describe('secrets', () => {
  test('are shown once, live two years, and end when removed', async () => {
    const app = await application()
    await principal(app.appId)
    const { body } = await graph('POST', `/applications/${app.id}/addPassword`, {
      passwordCredential: { displayName: 'one' },
    })
    expect(body).toMatchObject({
      displayName: 'one',
      hint: body.secretText.slice(0, 3),
      keyId: expect.any(String),
    })
    const years = (Date.parse(body.endDateTime) - Date.parse(body.startDateTime)) / (365 * 86_400_000)
    expect(years).toBe(2)
    const { body: later, text } = await graph('GET', `/applications/${app.id}`)
    expect(later.passwordCredentials[0]).toMatchObject({ keyId: body.keyId, secretText: null })
    expect(text).not.toContain(body.secretText)
    const signIn = async () =>
      (await askToken(tenant(), { client_id: app.appId, client_secret: body.secretText })).status
    expect(await signIn()).toBe(200)
    expect(
      (await graph('POST', `/applications/${app.id}/removePassword`, { keyId: body.keyId })).status,
    ).toBe(204)
    expect(await signIn()).toBe(401)
    expect(
      refusal(await graph('POST', `/applications/${app.id}/removePassword`, { keyId: body.keyId })),
    ).toEqual(BAD)
  })

  test('can not end before they begin', async () => {
    const { id } = await application()
    const passwordCredential = { endDateTime: '2020-01-01T00:00:00Z' }
    expect(
      (await graph('POST', `/applications/${id}/addPassword`, { passwordCredential })).body.error.code,
    ).toBe('PasswordCredentialsInvalidEndDate')
  })
})

describe('addKey and removeKey', () => {
  const proofFor = (
    id: string,
    key = createPrivateKey(tenant().client.certificatePem),
    claims: object = {},
  ) => {
    const now = Math.floor(Date.now() / 1000)
    const all = { aud: '00000002-0000-0000-c000-000000000000', iss: id, nbf: now, exp: now + 300, ...claims }
    return new SignJWT(all).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).sign(key)
  }
  const withKey = () =>
    application({
      keyCredentials: [
        { type: 'AsymmetricX509Cert', usage: 'Verify', key: der(tenant().client.certificatePem) },
      ],
    })
  const operatorKey = () => ({
    type: 'AsymmetricX509Cert',
    usage: 'Verify',
    key: der(tenant().operator.certificatePem),
  })
  const addKey = async (id: string, proof: unknown) =>
    graph('POST', `/applications/${id}/addKey`, {
      keyCredential: operatorKey(),
      passwordCredential: null,
      proof,
    })

  test('take a proof that a present key signed', async () => {
    const { id, appId } = await withKey()
    await principal(appId)
    const { status, body } = await addKey(id, await proofFor(id))
    expect({ status, key: body.key }).toEqual({ status: 200, key: null })
    const { certificatePem } = tenant().operator
    const assertion = await clientAssertion(tenant(), { clientId: appId, certificatePem })
    expect((await askToken(tenant(), { client_id: appId, ...assertionFields(assertion) })).status).toBe(200)
    expect(
      (await graph('POST', `/applications/${id}/removeKey`, { keyId: body.keyId, proof: await proofFor(id) }))
        .status,
    ).toBe(204)
    expect((await askToken(tenant(), { client_id: appId, ...assertionFields(assertion) })).status).toBe(401)
  })

  test.each<[string, (id: string) => Promise<string> | string]>([
    ['none', () => ''],
    ['one of another key', (id) => proofFor(id, stranger.privateKey)],
    ['one for another application', () => proofFor(randomUUID())],
    ['one for another audience', (id) => proofFor(id, undefined, { aud: 'https://graph.microsoft.com' })],
    ['one that is over', (id) => proofFor(id, undefined, { nbf: 1_700_000_000, exp: 1_700_000_300 })],
    [
      'one that lives too long',
      (id) => proofFor(id, undefined, { exp: Math.floor(Date.now() / 1000) + 3600 }),
    ],
    ['one without a start', (id) => proofFor(id, undefined, { nbf: undefined })],
  ])('refuse %s', async (_, proof) => {
    const { id } = await withKey()
    expect(refusal(await addKey(id, await proof(id)))).toEqual({
      status: 401,
      code: 'Authentication_MissingOrMalformed',
    })
  })

  test('are impossible for an app without a valid key', async () => {
    const { id } = await application()
    expect((await addKey(id, await proofFor(id))).status).toBe(401)
  })

  test('let an app roll its own key, without any permission, and no other app’s', async () => {
    const own = await accessToken(tenant(), GRAPH)
    const path = `/applications(appId='${tenant().client.appId}')`
    const { body } = await graph('GET', path)
    const proof = await proofFor(body.id)
    const rolled = await graph(
      'POST',
      `${path}/addKey`,
      { keyCredential: operatorKey(), proof },
      { token: own },
    )
    expect(rolled.status).toBe(200)
    const other = await withKey()
    const asked = { keyCredential: operatorKey(), proof: await proofFor(other.id) }
    expect((await graph('POST', `/applications/${other.id}/addKey`, asked, { token: own })).status).toBe(403)
  })
})

describe('changes', () => {
  test('leave what they do not name', async () => {
    const app = await application({ notes: 'keep', web: { redirectUris: ['https://localhost'] } })
    expect(
      (await graph('PATCH', `/applications/${app.id}`, { displayName: 'renamed', tags: ['a'] })).status,
    ).toBe(204)
    const { body } = await graph('GET', `/applications/${app.id}`)
    expect(body).toMatchObject({
      displayName: 'renamed',
      notes: 'keep',
      tags: ['a'],
      web: { redirectUris: ['https://localhost'] },
    })
  })

  test('take a role away only when it was disabled first', async () => {
    const kept = role('A')
    const { id } = await application({ appRoles: [kept] })
    const refused = await graph('PATCH', `/applications/${id}`, { appRoles: [] })
    expect(refusal(refused)).toEqual({ status: 400, code: 'CannotDeleteOrUpdateEnabledEntitlement' })
    await graph('PATCH', `/applications/${id}`, { appRoles: [{ ...kept, isEnabled: false }] })
    expect((await graph('PATCH', `/applications/${id}`, { appRoles: [] })).status).toBe(204)
  })

  test.each<[string, object]>([
    ['no name', { displayName: '' }],
    ['an unknown member', { colour: 'red' }],
    ['an unknown audience', { signInAudience: 'Everyone' }],
    ['a token version that there is not', { api: { requestedAccessTokenVersion: 3 } }],
    ['a role without an id', { appRoles: [{ value: 'x' }] }],
    ['a role for nobody', { appRoles: [role('x', { allowedMemberTypes: [] })] }],
    ['a secret of its own making', { passwordCredentials: [{ secretText: 'x' }] }],
    ['URIs that are no list', { identifierUris: 'api://x' }],
  ])('with %s are refused', async (_, body) => {
    const { id } = await application()
    expect(refusal(await graph('PATCH', `/applications/${id}`, body))).toEqual(BAD)
  })

  test('to a URI that another app has are refused', async () => {
    const { id } = await application()
    const taken = { identifierUris: [tenant().api.identifierUri] }
    expect(refusal(await graph('PATCH', `/applications/${id}`, taken)).code).toBe(
      'Request_MultipleObjectsWithSameKeyValue',
    )
  })
})

describe('service principals and assignments', () => {
  test('need an application', async () => {
    const { status, body } = await graph('POST', '/servicePrincipals', { appId: randomUUID() })
    expect(status).toBe(400)
    expect(body.error.details[0].code).toBe('NoBackingApplicationObject')
  })

  test('have credentials of their own: none, since those of the application are not theirs', async () => {
    const { status, body } = await graph('GET', `/servicePrincipals(appId='${tenant().client.appId}')`)
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { keyCredentials: [], passwordCredentials: [] },
    })
  })

  test('speak for no user: /me is for those who signed in', async () => {
    const { status, body } = await graph('GET', '/me')
    expect({ status, code: body.error.code, message: body.error.message }).toEqual({
      status: 400,
      code: 'BadRequest',
      message: '/me request is only valid with delegated authentication flow.',
    })
  })

  test('are made once', async () => {
    const { appId } = await application()
    await principal(appId)
    expect((await graph('POST', '/servicePrincipals', { appId })).status).toBe(409)
  })

  test.each<[string, (client: string, resource: string) => object]>([
    ['an unknown role', (principalId, resourceId) => ({ principalId, resourceId, appRoleId: randomUUID() })],
    ['no resource', (principalId) => ({ principalId, appRoleId: randomUUID() })],
    [
      'somebody else',
      (_, resourceId) => ({ principalId: randomUUID(), resourceId, appRoleId: randomUUID() }),
    ],
  ])('an assignment with %s is refused', async (_, body) => {
    const { body: resource } = await graph('GET', `/servicePrincipals(appId='${tenant().api.appId}')`)
    const sent = body(tenant().client.objectId, resource.id)
    const { status } = await graph(
      'POST',
      `/servicePrincipals/${tenant().client.objectId}/appRoleAssignments`,
      sent,
    )
    expect([400, 404]).toContain(status)
  })
})

describe('lists', () => {
  test.each([
    (app: { displayName: string }) => `displayName eq '${app.displayName}'`,
    (app: { displayName: string }) => `startswith(displayName,'${app.displayName.slice(0, 30)}')`,
    (app: { appId: string }) => `identifierUris/any(x:x eq 'api://${app.appId}')`,
    (app: { appId: string; displayName: string }) =>
      `appId eq '${app.appId}' and displayName eq '${app.displayName}'`,
  ])('are filtered (%#)', async (filter) => {
    const app = await application()
    await graph('PATCH', `/applications/${app.id}`, { identifierUris: [`api://${app.appId}`] })
    const { body } = await graph('GET', `/applications?$filter=${encodeURIComponent(filter(app))}&$select=id`)
    expect(body.value).toEqual([{ id: app.id }])
  })

  test('page with a link to the next', async () => {
    const seen: string[] = []
    for (
      let link: string | undefined = `${tenant().graphUrl}/applications?$top=3&$select=id`;
      link !== undefined;
    ) {
      const { body } = await ask(tenant(), link, { token })
      expect(body.value.length).toBeLessThanOrEqual(3)
      seen.push(...body.value.map(({ id }: { id: string }) => id))
      link = body['@odata.nextLink']
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBeGreaterThan(5)
  })

  test.each(['$top=0', '$top=x', "$filter=colour eq 'red'", '$skiptoken=-1'])('refuse %s', async (query) => {
    expect(refusal(await graph('GET', `/applications?${encodeURI(query)}`))).toEqual(BAD)
  })
})

describe('owners and permissions', () => {
  const OWNED = '18a4783c-866b-4cc7-a460-3d5e5662c884'

  test('an app with ReadWrite.OwnedBy manages what it made, and nothing else', async () => {
    const app = await application()
    const sp = await principal(app.appId)
    const { body: secret } = await graph('POST', `/applications/${app.id}/addPassword`, {})
    const { body: graphSp } = await graph(
      'GET',
      "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')",
    )
    const consent = { principalId: sp.id, resourceId: graphSp.id, appRoleId: OWNED }
    await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignments`, consent)
    const { body } = await askToken(tenant(), {
      client_id: app.appId,
      client_secret: secret.secretText,
      scope: GRAPH,
    })
    const as = { token: body.access_token }
    const { body: made } = await graph('POST', '/applications', { displayName: 'mine' }, as)
    expect((await graph('PATCH', `/applications/${made.id}`, { displayName: 'still mine' }, as)).status).toBe(
      204,
    )
    const { body: owners } = await graph('GET', `/applications/${made.id}/owners`)
    expect(owners.value).toMatchObject([{ id: sp.id, '@odata.type': '#microsoft.graph.servicePrincipal' }])
    expect((await graph('PATCH', `/applications/${app.id}`, { displayName: 'not mine' }, as)).status).toBe(
      403,
    )
    expect((await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignments`, consent, as)).status).toBe(
      403,
    )
  })

  test('owners are added and removed by reference', async () => {
    const { id } = await application()
    const reference = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${tenant().client.objectId}` }
    expect((await graph('POST', `/applications/${id}/owners/$ref`, reference)).status).toBe(204)
    expect(refusal(await graph('POST', `/applications/${id}/owners/$ref`, reference))).toEqual(BAD)
    expect(
      (await graph('DELETE', `/applications/${id}/owners/${tenant().client.objectId}/$ref`)).status,
    ).toBe(204)
    expect(
      (await graph('DELETE', `/applications/${id}/owners/${tenant().client.objectId}/$ref`)).status,
    ).toBe(404)
    const nobody = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${randomUUID()}` }
    expect((await graph('POST', `/applications/${id}/owners/$ref`, nobody)).status).toBe(404)
  })

  test.each([
    ['GET', '/applications'],
    ['POST', '/applications'],
    ['GET', '/servicePrincipals'],
    ['POST', '/servicePrincipals'],
    ['GET', '/oauth2PermissionGrants'],
    ['POST', '/oauth2PermissionGrants'],
    ['GET', '/users'],
  ])('%s %s is closed to an app without a role', async (method, path) => {
    const own = await accessToken(tenant(), GRAPH)
    expect((await graph(method, path, method === 'POST' ? {} : undefined, { token: own })).status).toBe(403)
  })

  test('delegated permissions are granted, changed and taken back', async () => {
    const { body: api } = await graph('GET', `/servicePrincipals(appId='${tenant().api.appId}')`)
    const grant = {
      clientId: tenant().client.objectId,
      consentType: 'AllPrincipals',
      resourceId: api.id,
      scope: 'ToDoList.Read',
    }
    const { status, body } = await graph('POST', '/oauth2PermissionGrants', grant)
    expect({ status, principal: body.principalId }).toEqual({ status: 201, principal: null })
    expect(refusal(await graph('POST', '/oauth2PermissionGrants', grant))).toEqual(BAD)
    expect(
      (await graph('PATCH', `/oauth2PermissionGrants/${body.id}`, { scope: 'ToDoList.ReadWrite' })).status,
    ).toBe(204)
    expect((await graph('DELETE', `/oauth2PermissionGrants/${body.id}`)).status).toBe(204)
    expect((await graph('DELETE', `/oauth2PermissionGrants/${body.id}`)).status).toBe(404)
    expect(refusal(await graph('POST', '/oauth2PermissionGrants', { ...grant, consentType: 'x' }))).toEqual(
      BAD,
    )
  })
})
