/** Who may do what in Graph: each permission alone, as an app role; what owners may; what scopes of users are worth. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { visit } from '../../../support/device-page.ts'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { accessToken, ask, askToken } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const GRAPH_APP = '00000003-0000-0000-c000-000000000000'
const DENIED = { status: 403, code: 'Authorization_RequestDenied' }
let graphSp: { id: string; appRoles: { id: string; value: string }[] }
const tokens = new Map<string, Promise<string>>()

beforeAll(async () => {
  graphSp = (await graph('GET', `/servicePrincipals(appId='${GRAPH_APP}')`)).body
})

/** A token of an app that has this permission and no other. */
function tokenWith(permission: string): Promise<string> {
  const known = tokens.get(permission) ?? makeToken(permission)
  tokens.set(permission, known)
  return known
}
async function makeToken(permission: string): Promise<string> {
  const { body: app } = await graph('POST', '/applications', { displayName: permission })
  const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
  const { body: secret } = await graph('POST', `/applications/${app.id}/addPassword`, {})
  const appRoleId = graphSp.appRoles.find(({ value }) => value === permission)?.id
  const consent = { principalId: sp.id, resourceId: graphSp.id, appRoleId }
  expect((await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignments`, consent)).status).toBe(201)
  const { body } = await askToken(tenant(), {
    ...{
      client_id: app.appId,
      client_secret: secret.secretText,
      scope: 'https://graph.microsoft.com/.default',
    },
  })
  return body.access_token
}

const APP = () => `/applications(appId='${tenant().api.appId}')`
const SP = () => `/servicePrincipals(appId='${tenant().api.appId}')`
const WRITE = 'Application.ReadWrite.All'
const READ = 'Application.Read.All'
const DIRECTORY = 'Directory.Read.All'
const OWNED = 'Application.ReadWrite.OwnedBy'
const ASSIGN = 'AppRoleAssignment.ReadWrite.All'
const GRANT = 'DelegatedPermissionGrant.ReadWrite.All'
const READ_POLICY = 'Policy.Read.All'
const POLICY = 'Policy.ReadWrite.ApplicationConfiguration'
const EACH = [WRITE, READ, DIRECTORY, OWNED, ASSIGN, GRANT, READ_POLICY, POLICY]
const USER = () => `/users/${tenant().users[0]?.id}`

const OPEN: readonly (readonly [method: string, path: () => string, permissions: readonly string[]])[] = [
  ['GET', () => '/applications', [WRITE, READ, DIRECTORY, OWNED]],
  ['GET', APP, [WRITE, READ, DIRECTORY, OWNED]],
  ['GET', () => `${APP()}/appRoles`, [WRITE, READ, DIRECTORY, OWNED]],
  ['POST', () => '/applications', [WRITE, OWNED]],
  ['PATCH', () => "/applications(uniqueName='nobody-has-it')", [WRITE, OWNED]],
  ['PATCH', APP, [WRITE]],
  ['POST', () => `${APP()}/addPassword`, [WRITE]],
  ['POST', () => `${APP()}/removePassword`, [WRITE]],
  ['POST', () => `${APP()}/addKey`, [WRITE]],
  ['POST', () => `${APP()}/removeKey`, [WRITE]],
  ['GET', () => `${APP()}/owners`, [WRITE, READ, DIRECTORY, OWNED]],
  ['POST', () => `${APP()}/owners/$ref`, [WRITE]],
  ['DELETE', () => `${APP()}/owners/${randomUUID()}/$ref`, [WRITE]],
  ['GET', () => `${APP()}/federatedIdentityCredentials`, [WRITE, READ, OWNED]],
  ['POST', () => `${APP()}/federatedIdentityCredentials`, [WRITE]],
  ['GET', () => `${APP()}/federatedIdentityCredentials/x`, [WRITE, READ, OWNED]],
  ['PATCH', () => `${APP()}/federatedIdentityCredentials/x`, [WRITE]],
  ['PATCH', () => `${APP()}/federatedIdentityCredentials(name='x')`, [WRITE]],
  ['DELETE', () => `${APP()}/federatedIdentityCredentials/x`, [WRITE]],
  ['GET', () => '/servicePrincipals', [WRITE, READ, DIRECTORY, OWNED]],
  ['GET', SP, [WRITE, READ, DIRECTORY, OWNED]],
  ['GET', () => `${SP()}/appRoles`, [WRITE, READ, DIRECTORY, OWNED]],
  ['GET', () => `${SP()}/oauth2PermissionScopes`, [WRITE, READ, DIRECTORY, OWNED]],
  ['POST', () => '/servicePrincipals', [WRITE, OWNED]],
  ['PATCH', SP, [WRITE]],
  ['POST', () => `${SP()}/addPassword`, [WRITE]],
  ['POST', () => `${SP()}/removePassword`, [WRITE]],
  ['GET', () => `${SP()}/owners`, [WRITE, READ, DIRECTORY, OWNED]],
  ['POST', () => `${SP()}/owners/$ref`, [WRITE]],
  ['DELETE', () => `${SP()}/owners/${randomUUID()}/$ref`, [WRITE]],
  ['GET', () => `${SP()}/ownedObjects`, [WRITE, READ, DIRECTORY]],
  ['GET', () => `${SP()}/appRoleAssignments`, [WRITE, READ, DIRECTORY, ASSIGN]],
  ['GET', () => `${SP()}/appRoleAssignedTo`, [WRITE, READ, DIRECTORY, ASSIGN]],
  ['POST', () => `${SP()}/appRoleAssignments`, [ASSIGN]],
  ['DELETE', () => `${SP()}/appRoleAssignments/x`, [ASSIGN]],
  ['GET', () => '/oauth2PermissionGrants', [GRANT, DIRECTORY]],
  ['POST', () => '/oauth2PermissionGrants', [GRANT]],
  ['PATCH', () => '/oauth2PermissionGrants/x', [GRANT]],
  ['DELETE', () => '/oauth2PermissionGrants/x', [GRANT]],
  ['GET', () => '/organization', [DIRECTORY]],
  ['GET', () => '/users', [DIRECTORY]],
  ['GET', USER, [DIRECTORY]],
  ['GET', () => `${USER()}/ownedObjects`, [WRITE, READ, DIRECTORY]],
  ['GET', () => `${USER()}/appRoleAssignments`, [WRITE, READ, DIRECTORY, ASSIGN]],
  ['POST', () => `${USER()}/appRoleAssignments`, [ASSIGN]],
  ['DELETE', () => `${USER()}/appRoleAssignments/x`, [ASSIGN]],
  ['GET', () => '/directory/deletedItems/microsoft.graph.application', [WRITE, READ, DIRECTORY]],
  ['GET', () => '/directory/deletedItems/microsoft.graph.servicePrincipal', [WRITE, READ, DIRECTORY]],
  ['GET', () => '/directory/deletedItems/x', [WRITE, READ, DIRECTORY]],
  ['DELETE', () => '/directory/deletedItems/x', [WRITE, OWNED]],
  ['GET', () => '/policies/defaultAppManagementPolicy', [READ_POLICY, POLICY]],
  ['PATCH', () => '/policies/defaultAppManagementPolicy', [POLICY]],
]

describe.each(EACH)('with %s alone', (permission) => {
  test.each(
    OPEN.map(([method, path, permissions]) => ({ method, path, open: permissions.includes(permission) })),
  )('$method $path: open is $open', async ({ method, path, open }) => {
    const body = ['POST', 'PATCH'].includes(method) ? '{' : undefined
    const answer = await graph(method, path(), body, { token: await tokenWith(permission) })
    // What is open goes on to the next step, and fails there where the body is none.
    if (open) expect([200, 400, 401, 404]).toContain(answer.status)
    else expect(refusalOf(answer)).toEqual(DENIED)
  })
})

describe('an app that manages what it owns', () => {
  const owner = async () => ({ token: await tokenWith(OWNED) })
  const made = async () =>
    (await graph('POST', '/applications', { displayName: 'owned' }, await owner())).body

  test('manages it: change, secret, key, owner, federation, removal', async () => {
    const { id } = await made()
    const own = await owner()
    expect((await graph('PATCH', `/applications/${id}`, { displayName: 'x' }, own)).status).toBe(204)
    expect((await graph('POST', `/applications/${id}/addPassword`, {}, own)).status).toBe(200)
    const federated = { name: 'own', issuer: 'https://i.example', subject: 's', audiences: ['a'] }
    expect(
      (await graph('POST', `/applications/${id}/federatedIdentityCredentials`, federated, own)).status,
    ).toBe(201)
    expect((await graph('DELETE', `/applications/${id}`, undefined, own)).status).toBe(204)
  })

  test('makes its service principal, and no other app’s', async () => {
    const { appId } = await made()
    const own = await owner()
    expect((await graph('POST', '/servicePrincipals', { appId }, own)).status).toBe(201)
    const { body: other } = await graph('POST', '/applications', { displayName: 'other' })
    expect(refusalOf(await graph('POST', '/servicePrincipals', { appId: other.appId }, own))).toEqual(DENIED)
  })

  test('changes its service principal, gives it a secret and removes it, and no other app’s', async () => {
    const { appId } = await made()
    const own = await owner()
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId }, own)
    for (const [path, status] of [
      [`/servicePrincipals/${sp.id}`, [204, 200, 204]],
      [SP(), [403, 403, 403]],
    ] as const) {
      const change = await graph('PATCH', path, { notes: 'n' }, own)
      const secret = await graph('POST', `${path}/addPassword`, {}, own)
      const removal = await graph('DELETE', path, undefined, own)
      expect([change, secret, removal].map((answer) => answer.status)).toEqual(status)
    }
  })

  test('loses it with the ownership', async () => {
    const { id } = await made()
    const { body: owners } = await graph('GET', `/applications/${id}/owners`)
    await graph('DELETE', `/applications/${id}/owners/${owners.value[0].id}/$ref`)
    expect(refusalOf(await graph('PATCH', `/applications/${id}`, {}, await owner()))).toEqual(DENIED)
    expect(refusalOf(await graph('DELETE', `/applications/${id}`, undefined, await owner()))).toEqual(DENIED)
  })
})

test.each(['applications', 'servicePrincipals'])(
  'an app that owns one of the %s, and has no permission in Graph, can not touch it',
  async (kind) => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'owned' })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    const path = `/${kind}/${kind === 'applications' ? app.id : sp.id}`
    const owner = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${tenant().client.objectId}` }
    expect((await graph('POST', `${path}/owners/$ref`, owner)).status).toBe(204)
    const { body: before } = await graph('GET', path)
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    for (const [method, where, body] of [
      ['PATCH', path, { notes: 'n' }],
      ['POST', `${path}/addPassword`, {}],
      ['POST', `${path}/owners/$ref`, { '@odata.id': `${tenant().graphUrl}${USER()}` }],
      ['DELETE', path, undefined],
    ] as const)
      expect(refusalOf(await graph(method, where, body, { token }))).toEqual(DENIED)
    expect((await graph('GET', path)).body).toEqual(before)
  },
)

describe('a user’s token', () => {
  async function userToken(scope: string): Promise<string> {
    const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) })
    const client_id = tenant().publicClient.appId
    const url = tenant().tokenEndpoint.replace(/token$/, 'devicecode')
    const { body: started } = await ask(tenant(), url, form({ client_id, scope }))
    await visit(`http://localhost:${tenant().ports.pages}/device`, started.user_code)
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    const fields = { client_id, grant_type, device_code: started.device_code }
    return (await ask(tenant(), tenant().tokenEndpoint, form(fields))).body.access_token
  }

  test('is worth the scopes that it has, and makes its user the owner', async () => {
    const token = await userToken('https://graph.microsoft.com/Application.ReadWrite.All')
    const { status, body } = await graph('POST', '/applications', { displayName: 'a user’s' }, { token })
    expect(status).toBe(201)
    const { body: owners } = await graph('GET', `/applications/${body.id}/owners`)
    expect(owners.value).toMatchObject([
      { id: tenant().users[0]?.id, '@odata.type': '#microsoft.graph.user' },
    ])
    for (const path of ['/oauth2PermissionGrants', '/me', '/me/ownedObjects', '/organization'])
      expect(refusalOf(await graph('GET', path, undefined, { token }))).toEqual(DENIED)
  })

  test('with User.Read alone opens who that is, and no more', async () => {
    const token = await userToken('https://graph.microsoft.com/User.Read')
    expect((await graph('GET', '/me', undefined, { token })).body.displayName).toBe('Alice Adams')
    const { body } = await graph('GET', '/organization', undefined, { token })
    expect(body.value).toMatchObject([{ id: tenant().tenantId, verifiedDomains: [{ isInitial: true }] }])
    for (const path of ['/applications', '/servicePrincipals', '/users'])
      expect(refusalOf(await graph('GET', path, undefined, { token }))).toEqual(DENIED)
  })
})
