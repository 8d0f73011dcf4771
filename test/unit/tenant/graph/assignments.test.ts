/** App role assignments of apps and users, and permission grants. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { accessToken } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const admin = adminCalls(tenant)
const BAD = { status: 400, code: 'Request_BadRequest' }
const MISSING = { status: 404, code: 'Request_ResourceNotFound' }
const DENIED = { status: 403, code: 'Authorization_RequestDenied' }
const DEFAULT = '00000000-0000-0000-0000-000000000000'
const role = (allowedMemberTypes: string[], isEnabled = true) => ({
  ...{ id: randomUUID(), value: `R${randomUUID()}`, displayName: 'r', description: 'r' },
  ...{ allowedMemberTypes, isEnabled },
})
const FOR_APPS = role(['Application'])
const FOR_USERS = role(['User'])
const FOR_BOTH = role(['User', 'Application'])
const DISABLED = role(['User', 'Application'], false)
let resourceId = ''
let emptyId = ''
const alice = () => tenant().users[0]?.id ?? ''
const daemon = () => tenant().client.objectId

beforeAll(async () => {
  const appRoles = [FOR_APPS, FOR_USERS, FOR_BOTH, DISABLED]
  const principalOf = async (fields: object) => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'resource', ...fields })
    return (await graph('POST', '/servicePrincipals', { appId: app.appId })).body.id
  }
  resourceId = await principalOf({ appRoles })
  emptyId = await principalOf({})
})

describe('an assignment', () => {
  test.each<[string, () => object]>([
    ['a role for apps to a user', () => ({ principalId: alice(), resourceId, appRoleId: FOR_APPS.id })],
    ['a disabled role to a user', () => ({ principalId: alice(), resourceId, appRoleId: DISABLED.id })],
    [
      'default access where there are roles',
      () => ({ principalId: alice(), resourceId, appRoleId: DEFAULT }),
    ],
    ['an unknown role', () => ({ principalId: alice(), resourceId, appRoleId: randomUUID() })],
    [
      'a role of another resource',
      () => ({ principalId: alice(), resourceId: emptyId, appRoleId: FOR_BOTH.id }),
    ],
    ['nothing', () => ({ principalId: alice(), resourceId })],
    ['a role that is no text', () => ({ principalId: alice(), resourceId, appRoleId: 7 })],
    ['a role in a list', () => ({ principalId: alice(), resourceId, appRoleId: [FOR_USERS.id] })],
    ['a role to somebody else', () => ({ principalId: daemon(), resourceId, appRoleId: FOR_BOTH.id })],
  ])('of %s is refused', async (_, body) => {
    expect(refusalOf(await graph('POST', `/users/${alice()}/appRoleAssignments`, body()))).toEqual(BAD)
    expect((await graph('GET', `/users/${alice()}/appRoleAssignments`)).body.value).toEqual([])
  })

  test.each<[string, () => object]>([
    ['a role for users to an app', () => ({ principalId: daemon(), resourceId, appRoleId: FOR_USERS.id })],
    ['a disabled role to an app', () => ({ principalId: daemon(), resourceId, appRoleId: DISABLED.id })],
  ])('of %s is refused, too', async (_, body) => {
    expect(
      refusalOf(await graph('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, body())),
    ).toEqual(BAD)
  })

  test.each<[string, () => object]>([
    ['nobody', () => ({ principalId: randomUUID(), resourceId, appRoleId: FOR_BOTH.id })],
    [
      'an application in place of its service principal',
      () => ({ principalId: tenant().client.appId, resourceId, appRoleId: FOR_BOTH.id }),
    ],
  ])('to %s finds nobody', async (_, body) => {
    expect(
      refusalOf(await graph('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, body())),
    ).toEqual(MISSING)
  })

  test('of a resource that there is not finds nothing', async () => {
    const body = { principalId: daemon(), resourceId: randomUUID(), appRoleId: FOR_BOTH.id }
    expect(refusalOf(await graph('POST', `/servicePrincipals/${daemon()}/appRoleAssignments`, body))).toEqual(
      MISSING,
    )
  })

  test('of default access needs a resource without roles, and is shown on both sides', async () => {
    const body = { principalId: alice(), resourceId: emptyId, appRoleId: DEFAULT }
    const made = await graph('POST', `/servicePrincipals/${emptyId}/appRoleAssignedTo`, body)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      ...body,
      principalDisplayName: 'Alice Adams',
      principalType: 'User',
      resourceDisplayName: 'resource',
    })
    const { '@odata.context': _, ...shown } = made.body
    expect((await graph('GET', `/servicePrincipals/${emptyId}/appRoleAssignedTo`)).body.value).toEqual([
      shown,
    ])
    expect(
      (await graph('GET', '/users/alice@contoso.onmicrosoft.com/appRoleAssignments')).body.value,
    ).toEqual([shown])
    expect((await graph('DELETE', `/users/${alice()}/appRoleAssignments/${shown.id}`)).status).toBe(204)
    expect((await graph('GET', `/servicePrincipals/${emptyId}/appRoleAssignedTo`)).body.value).toEqual([])
  })

  test('is made once, and taken back by a side of it only', async () => {
    const body = { principalId: daemon(), resourceId, appRoleId: FOR_BOTH.id }
    const { body: made } = await graph('POST', `/servicePrincipals/${daemon()}/appRoleAssignments`, body)
    const again = await graph('POST', `/servicePrincipals/${resourceId}/appRoleAssignedTo`, body)
    expect(refusalOf(again)).toEqual(BAD)
    expect(again.body.error.message).toBe('Permission being assigned already exists on the object.')
    expect(
      refusalOf(await graph('DELETE', `/servicePrincipals/${emptyId}/appRoleAssignedTo/${made.id}`)),
    ).toEqual(MISSING)
    expect(refusalOf(await graph('DELETE', `/users/${alice()}/appRoleAssignments/${made.id}`))).toEqual(
      MISSING,
    )
    expect(
      (await graph('DELETE', `/servicePrincipals/${daemon()}/appRoleAssignments/${made.id}`)).status,
    ).toBe(204)
  })

  test('goes with its resource', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'gone', appRoles: [FOR_BOTH] })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    const body = { principalId: alice(), resourceId: sp.id, appRoleId: FOR_BOTH.id }
    await graph('POST', `/users/${alice()}/appRoleAssignments`, body)
    await graph('DELETE', `/applications/${app.id}`)
    expect((await graph('GET', `/users/${alice()}/appRoleAssignments`)).body.value).toEqual([])
  })

  test('of one side that was deleted is shown without its name, while lists lag', async () => {
    const made = async () => {
      const { body: app } = await graph('POST', '/applications', { displayName: 'x', appRoles: [FOR_APPS] })
      return (await graph('POST', '/servicePrincipals', { appId: app.appId })).body.id
    }
    const [gone, client, resource] = [await made(), await made(), await made()]
    const [one, two] = [
      { principalId: gone, resourceId: resource, appRoleId: FOR_APPS.id },
      { principalId: client, resourceId: gone, appRoleId: FOR_APPS.id },
    ]
    for (const body of [one, two])
      await graph('POST', `/servicePrincipals/${body.principalId}/appRoleAssignments`, body)
    await admin('PATCH', '/settings', { propagationDelayMs: 60_000, laggingLists: true })
    try {
      await graph('DELETE', `/servicePrincipals/${gone}`)
      const assignedTo = await graph('GET', `/servicePrincipals/${resource}/appRoleAssignedTo`)
      expect(assignedTo.body.value).toMatchObject([
        { ...one, principalDisplayName: null, principalType: 'ServicePrincipal', resourceDisplayName: 'x' },
      ])
      const assigned = await graph('GET', `/servicePrincipals/${client}/appRoleAssignments`)
      expect(assigned.body.value).toMatchObject([
        { ...two, principalDisplayName: 'x', resourceDisplayName: null },
      ])
    } finally {
      await admin('PATCH', '/settings', { propagationDelayMs: 0, laggingLists: false })
    }
  })

  test.each([
    ['POST', () => `/users/${alice()}/appRoleAssignments`],
    ['DELETE', () => `/users/${alice()}/appRoleAssignments/x`],
    ['POST', () => `/servicePrincipals/${daemon()}/appRoleAssignments`],
    ['DELETE', () => `/servicePrincipals/${daemon()}/appRoleAssignedTo/x`],
    ['GET', () => `/users/${alice()}/appRoleAssignments`],
    ['GET', () => `/servicePrincipals/${daemon()}/appRoleAssignments`],
  ])('%s is closed to an app without a permission (%#)', async (method, path) => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    expect(refusalOf(await graph(method, path(), method === 'POST' ? {} : undefined, { token }))).toEqual(
      DENIED,
    )
  })

  test('of a user that there is not finds nobody', async () => {
    expect(refusalOf(await graph('GET', `/users/${randomUUID()}/appRoleAssignments`))).toEqual(MISSING)
  })
})

describe('a permission grant', () => {
  const grant = () => ({ clientId: daemon(), consentType: 'AllPrincipals', resourceId, scope: 'A' })

  test.each<[string, object, object]>([
    ['no scope', { scope: undefined }, BAD],
    ['a scope that is no text', { scope: ['A'] }, BAD],
    ['another kind of consent', { consentType: 'Everybody' }, BAD],
    ['one user, and none named', { consentType: 'Principal' }, BAD],
    ['one user, by a name', { consentType: 'Principal', principalId: 'alice' }, BAD],
    ['a user that there is not', { consentType: 'Principal', principalId: randomUUID() }, MISSING],
    ['a client that is no id', { clientId: 'daemon' }, BAD],
    ['no resource', { resourceId: undefined }, BAD],
    ['a client that there is not', { clientId: randomUUID() }, MISSING],
    ['a resource that there is not', { resourceId: randomUUID() }, MISSING],
  ])('with %s is refused', async (_, change, refusal) => {
    expect(refusalOf(await graph('POST', '/oauth2PermissionGrants', { ...grant(), ...change }))).toEqual(
      refusal,
    )
  })

  test('for one user stands beside the one for all', async () => {
    const one = { ...grant(), consentType: 'Principal', principalId: alice().toUpperCase() }
    expect((await graph('POST', '/oauth2PermissionGrants', grant())).status).toBe(201)
    expect((await graph('POST', '/oauth2PermissionGrants', one)).status).toBe(201)
    expect(refusalOf(await graph('POST', '/oauth2PermissionGrants', one))).toEqual(BAD)
  })

  test('for all names no user, and its scope has no blanks around it', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'trimmed' })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    const sent = { ...grant(), clientId: sp.id, principalId: alice(), scope: ' A B ' }
    const { status, body } = await graph('POST', '/oauth2PermissionGrants', sent)
    expect({ status, body }).toMatchObject({ status: 201, body: { principalId: null, scope: 'A B' } })
  })

  test('of one client stands beside another’s of the same resource', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'second' })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    const second = { ...grant(), clientId: sp.id }
    expect((await graph('POST', '/oauth2PermissionGrants', second)).status).toBe(201)
    expect(refusalOf(await graph('POST', '/oauth2PermissionGrants', second))).toEqual(BAD)
  })

  test('is changed to the scope that a PATCH names, and removed', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: 'third' })
    const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
    const { body } = await graph('POST', '/oauth2PermissionGrants', { ...grant(), clientId: sp.id })
    const path = `/oauth2PermissionGrants/${body.id}`
    expect((await graph('PATCH', path, { scope: ' B C ' })).status).toBe(204)
    const scopes = async () =>
      (await graph('GET', '/oauth2PermissionGrants')).body.value
        .filter(({ id }: { id: string }) => id === body.id)
        .map(({ scope }: { scope: string }) => scope)
    expect(await scopes()).toEqual(['B C'])
    expect((await graph('DELETE', path)).status).toBe(204)
    expect(await scopes()).toEqual([])
  })

  test('is not changed to a scope that is none', async () => {
    const { body } = await graph('POST', '/oauth2PermissionGrants', { ...grant(), resourceId: emptyId })
    expect(refusalOf(await graph('PATCH', `/oauth2PermissionGrants/${body.id}`, { scope: 1 }))).toEqual(BAD)
    expect(
      refusalOf(await graph('PATCH', `/oauth2PermissionGrants/${randomUUID()}`, { scope: 'x' })),
    ).toEqual(MISSING)
  })

  test.each(['GET', 'POST', 'PATCH', 'DELETE'])(
    '%s is closed to an app without a permission',
    async (method) => {
      const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
      const path = ['GET', 'POST'].includes(method) ? '/oauth2PermissionGrants' : '/oauth2PermissionGrants/x'
      expect(refusalOf(await graph(method, path, method === 'GET' ? undefined : {}, { token }))).toEqual(
        DENIED,
      )
    },
  )
})
