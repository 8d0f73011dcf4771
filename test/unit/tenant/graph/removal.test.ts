/** What goes with an app or a service principal, what stays, and who may look at it or remove it for good. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'
import { accessToken } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const DENIED = { status: 403, code: 'Authorization_RequestDenied' }
const MISSING = { status: 404, code: 'Request_ResourceNotFound' }
const ROLE = {
  ...{ id: randomUUID(), value: 'Read', displayName: 'r', description: 'r', isEnabled: true },
  allowedMemberTypes: ['Application'],
}

async function made(fields: object = {}) {
  const { body: app } = await graph('POST', '/applications', { displayName: 'made', ...fields })
  const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
  return { app, sp }
}

/** Two clients and two resources; each client holds a role and a grant of each resource. */
async function consented() {
  const [clients, resources] = await Promise.all([
    Promise.all([made(), made()]),
    Promise.all([made({ appRoles: [ROLE] }), made({ appRoles: [ROLE] })]),
  ])
  for (const { sp: client } of clients) {
    for (const { sp: resource } of resources) {
      const assignment = { principalId: client.id, resourceId: resource.id, appRoleId: ROLE.id }
      const grant = { clientId: client.id, resourceId: resource.id, consentType: 'AllPrincipals', scope: 'A' }
      await graph('POST', `/servicePrincipals/${client.id}/appRoleAssignments`, assignment)
      expect((await graph('POST', '/oauth2PermissionGrants', grant)).status).toBe(201)
    }
  }
  const [one, other] = clients.map(({ sp }) => sp.id)
  const [first, second] = resources.map(({ sp }) => sp.id)
  /** Which pairs are left, by the assignments and by the grants. */
  const left = async () => {
    const pair = (client: string, resource: string) =>
      `${['one', 'other'][[one, other].indexOf(client)]}-${['first', 'second'][[first, second].indexOf(resource)]}`
    const held = new Map<string, Record<string, string>>()
    for (const side of [
      `${one}/appRoleAssignments`,
      `${other}/appRoleAssignments`,
      `${first}/appRoleAssignedTo`,
      `${second}/appRoleAssignedTo`,
    ]) {
      const { status, body } = await graph('GET', `/servicePrincipals/${side}`)
      if (status === 200) for (const each of body.value) held.set(each.id, each)
    }
    const { body } = await graph('GET', '/oauth2PermissionGrants')
    const grants = body.value.filter(({ clientId }: { clientId: string }) => [one, other].includes(clientId))
    return {
      assignments: [...held.values()]
        .map(({ principalId, resourceId }) => pair(principalId ?? '', resourceId ?? ''))
        .toSorted(),
      grants: grants
        .map(({ clientId, resourceId }: Record<string, string>) => pair(clientId ?? '', resourceId ?? ''))
        .toSorted(),
    }
  }
  return { one, other, first, second, left }
}

describe('with a service principal', () => {
  test('that was a client go its assignments and grants, and no other’s', async () => {
    const { one, left } = await consented()
    const all = ['one-first', 'one-second', 'other-first', 'other-second']
    expect(await left()).toEqual({ assignments: all, grants: all })
    await graph('DELETE', `/servicePrincipals/${one}`)
    const rest = ['other-first', 'other-second']
    expect(await left()).toEqual({ assignments: rest, grants: rest })
  })

  test('that was a resource go what was given of it, and no other’s', async () => {
    const { first, left } = await consented()
    await graph('DELETE', `/servicePrincipals/${first}`)
    const rest = ['one-second', 'other-second']
    expect(await left()).toEqual({ assignments: rest, grants: rest })
  })
})

describe('what was deleted', () => {
  test('is shown, and removed for good, with a permission only, even to its owner', async () => {
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
    const { app, sp } = await made()
    const owner = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${tenant().client.objectId}` }
    for (const path of [`/applications/${app.id}`, `/servicePrincipals/${sp.id}`])
      expect((await graph('POST', `${path}/owners/$ref`, owner)).status).toBe(204)
    await graph('DELETE', `/applications/${app.id}`)
    for (const { id } of [app, sp]) {
      for (const method of ['GET', 'DELETE'])
        expect(refusalOf(await graph(method, `/directory/deletedItems/${id}`, undefined, { token }))).toEqual(
          DENIED,
        )
      expect((await graph('GET', `/directory/deletedItems/${id}`)).status).toBe(200)
    }
  })

  test('shows a service principal as one, without its owners', async () => {
    const { sp } = await made()
    await graph('DELETE', `/servicePrincipals/${sp.id}`)
    const { body } = await graph('GET', `/directory/deletedItems/${sp.id}`)
    expect(body).toMatchObject({ id: sp.id, servicePrincipalType: 'Application' })
    expect(body).not.toHaveProperty('owners')
  })

  test('is gone once it was removed for good: a service principal, and its app alone', async () => {
    const { app, sp } = await made()
    await graph('DELETE', `/applications/${app.id}`)
    expect((await graph('DELETE', `/directory/deletedItems/${sp.id}`)).status).toBe(204)
    expect(refusalOf(await graph('GET', `/directory/deletedItems/${sp.id}`))).toEqual(MISSING)
    expect((await graph('GET', `/directory/deletedItems/${app.id}`)).body.appId).toBe(app.appId)
  })
})

test('a PATCH by a key that there is not is denied, before it is not found, to who may not make apps', async () => {
  const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default')
  const path = "/applications(uniqueName='nobody-has-it')"
  expect(refusalOf(await graph('PATCH', path, {}, { token }))).toEqual(DENIED)
  expect(refusalOf(await graph('PATCH', path, {}))).toEqual(MISSING)
})

test('a unique name of another app is not taken over by a PATCH', async () => {
  const uniqueName = `key-${randomUUID()}`
  await graph('POST', '/applications', { displayName: 'x', uniqueName })
  const { app } = await made()
  const answer = await graph('PATCH', `/applications/${app.id}`, { uniqueName })
  expect(refusalOf(answer)).toEqual({ status: 400, code: 'Request_BadRequest' })
  expect((await graph('GET', `/applications/${app.id}`)).body.uniqueName).toBeNull()
})
