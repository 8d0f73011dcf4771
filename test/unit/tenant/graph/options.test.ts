/** Query options of Graph: what is honoured, and that the rest is refused and never passed over. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls, refusalOf } from '../../../support/tenant-calls.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const BAD = { status: 400, code: 'Request_BadRequest' }
const GRAPH_APP = '00000003-0000-0000-c000-000000000000'
const NO_MEMBER = { status: 400, code: 'BadRequest' }
const UNSUPPORTED = { status: 400, code: 'Request_UnsupportedQuery' }
const daemon = () => `/applications(appId='${tenant().client.appId}')`
const principal = () => `/servicePrincipals(appId='${tenant().client.appId}')`

describe('$expand', () => {
  test.each<[string, () => string, (value: unknown[]) => void]>([
    ['owners', () => `${daemon()}?$expand=owners`, (value) => expect(value).toEqual([])],
    [
      'federatedIdentityCredentials',
      () => `${daemon()}?$expand=federatedIdentityCredentials&$select=id`,
      (value) => expect(value).toEqual([]),
    ],
    [
      'appRoleAssignments',
      () => `${principal()}?$expand=appRoleAssignments`,
      (value) =>
        expect(value).toMatchObject([
          { principalId: tenant().client.objectId },
          { principalType: 'ServicePrincipal' },
        ]),
    ],
    [
      'appRoleAssignedTo',
      () => `/servicePrincipals(appId='${tenant().api.appId}')?$expand=appRoleAssignedTo`,
      (value) => expect(value).toHaveLength(2),
    ],
  ])('%s adds what it names', async (name, path, check) => {
    const { status, body } = await graph('GET', path())
    expect(status).toBe(200)
    check(body[name])
  })

  test('shows owners, and federated credentials, of each entry of a list', async () => {
    const { body: app } = await graph('POST', '/applications', { displayName: `x-${randomUUID()}` })
    const owner = { '@odata.id': `${tenant().graphUrl}/directoryObjects/${tenant().users[0]?.id}` }
    await graph('POST', `/applications/${app.id}/owners/$ref`, owner)
    const path = `/applications?$filter=displayName eq '${app.displayName}'&$expand=owners&$select=id`
    const { body } = await graph('GET', encodeURI(path))
    expect(body.value).toEqual([
      {
        id: app.id,
        owners: [
          {
            '@odata.type': '#microsoft.graph.user',
            id: tenant().users[0]?.id,
            displayName: 'Alice Adams',
            userPrincipalName: 'alice@contoso.onmicrosoft.com',
          },
        ],
      },
    ])
  })

  test.each([
    [() => `${daemon()}?$expand=friends`, 'friends', 'application'],
    [() => '/applications?$expand=owners,friends', 'owners,friends', 'application'],
    [() => '/servicePrincipals?$expand=constructor', 'constructor', 'servicePrincipal'],
    [() => '/users?$expand=manager', 'manager', 'user'],
    [() => '/applications?$expand=', '', 'application'],
  ])('of what there is not is refused (%#)', async (path, name, type) => {
    const answer = await graph('GET', path())
    expect(refusalOf(answer)).toEqual(NO_MEMBER)
    expect(answer.body.error.message).toBe(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
    )
  })
})

describe('$select', () => {
  test.each([
    [() => `${daemon()}?$select=colour`, 'colour', 'application'],
    [() => '/applications?$select=id,displayname', 'displayname', 'application'],
    [() => '/applications?$select=', '', 'application'],
    [() => `${daemon()}?$select=constructor`, 'constructor', 'application'],
    [() => '/servicePrincipals?$select=id,uniqueName', 'uniqueName', 'servicePrincipal'],
    [() => `${principal()}?$select=identifierUris`, 'identifierUris', 'servicePrincipal'],
    [() => `${principal()}/appRoleAssignments?$select=appId`, 'appId', 'appRoleAssignment'],
    [() => '/oauth2PermissionGrants?$select=appId', 'appId', 'oAuth2PermissionGrant'],
    [() => `${daemon()}/federatedIdentityCredentials?$select=x`, 'x', 'federatedIdentityCredential'],
    [() => '/directory/deletedItems/microsoft.graph.application?$select=x', 'x', 'application'],
  ])('of a member that there is not is refused (%#)', async (path, name, type) => {
    const answer = await graph('GET', path())
    expect(refusalOf(answer)).toEqual(NO_MEMBER)
    expect(answer.body.error.message).toBe(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
    )
  })

  test('of a member that Graph has and the tenant does not leaves it out', async () => {
    const { status, body } = await graph('GET', `${daemon()}?$select=appId,publisherDomain,owners`)
    expect(status).toBe(200)
    expect(body).toEqual({ '@odata.context': expect.any(String), appId: tenant().client.appId })
  })

  test('takes every member that an answer shows', async () => {
    for (const path of ['/applications', '/servicePrincipals', `${principal()}/appRoleAssignments`]) {
      const { body } = await graph('GET', path)
      const all = Object.keys(body.value[0])
      const { body: selected } = await graph('GET', `${path}?$select=${all}`)
      expect(Object.keys(selected.value[0])).toEqual(all)
    }
  })

  test('that is refused makes nothing', async () => {
    const ids = async () => {
      const paths = ['/applications', '/servicePrincipals', '/oauth2PermissionGrants']
      const lists = [`${principal()}/appRoleAssignments`, `${daemon()}/federatedIdentityCredentials`]
      const answers = await Promise.all([...paths, ...lists].map((path) => graph('GET', path)))
      return answers.flatMap(({ body }) => body.value.map(({ id }: { id: string }) => id))
    }
    const { body: app } = await graph('POST', '/applications', { displayName: 'without a principal' })
    const resource = await graph('GET', `/servicePrincipals(appId='${GRAPH_APP}')`)
    const both = { clientId: tenant().client.objectId, resourceId: resource.body.id }
    const before = await ids()
    const sent: [string, object][] = [
      ['/applications', { displayName: 'never made' }],
      ['/servicePrincipals', { appId: app.appId }],
      ['/oauth2PermissionGrants', { ...both, consentType: 'AllPrincipals', scope: 'User.Read' }],
      [
        `${principal()}/appRoleAssignments`,
        {
          principalId: both.clientId,
          resourceId: both.resourceId,
          appRoleId: resource.body.appRoles[0].id,
        },
      ],
      [
        `${daemon()}/federatedIdentityCredentials`,
        { name: 'xyz', issuer: 'https://issuer.example', subject: 's', audiences: ['a'] },
      ],
    ]
    for (const [path, body] of sent)
      expect({ path, ...refusalOf(await graph('POST', `${path}?$select=colour`, body)) }).toEqual({
        path,
        ...NO_MEMBER,
      })
    expect(await ids()).toEqual(before)
    for (const [path, body] of sent) expect((await graph('POST', path, body)).status).toBe(201)
  })

  test('of an owner, who may be of several types, takes any', async () => {
    expect((await graph('GET', `${daemon()}/owners?$select=id,userPrincipalName,appId`)).status).toBe(200)
  })
})

describe('an option that the tenant does not have', () => {
  test.each(['$orderby=displayName', '$search="x"', '$skip=1', '$OrderBy=displayName'])(
    '%s is refused',
    async (option) => {
      expect(refusalOf(await graph('GET', `/applications?${encodeURI(option)}`))).toEqual(UNSUPPORTED)
      expect(refusalOf(await graph('GET', `${daemon()}?${encodeURI(option)}`))).toEqual(UNSUPPORTED)
    },
  )

  test.each(['$apply=x', '$selekt=id', '$deltatoken=x'])('%s is no option at all', async (option) => {
    expect(refusalOf(await graph('GET', `/applications?${option}`))).toEqual(BAD)
  })

  test('is passed over where it has no $, as by Graph', async () => {
    expect((await graph('GET', '/applications?api-version=1')).status).toBe(200)
  })

  test.each([
    "appId ne 'x'",
    "not startswith(appId,'x')",
    "endswith(displayName,'x')",
    "contains(displayName,'x')",
  ])('the filter %s is more than Graph’s plain queries have', async (filter) => {
    expect(refusalOf(await graph('GET', `/applications?$filter=${encodeURIComponent(filter)}`))).toEqual(
      UNSUPPORTED,
    )
  })

  test.each(['', 'appId', 'appId eq x', "appId eq 'x", "appId eq 'x' and"])(
    'the filter %j finds nothing by accident',
    async (filter) => {
      expect((await graph('GET', `/applications?$filter=${encodeURIComponent(filter)}`)).status).toBe(400)
    },
  )
})

describe('pages', () => {
  test('may have 999 entries, and one', async () => {
    for (const top of [1, 999]) expect((await graph('GET', `/applications?$top=${top}`)).status).toBe(200)
  })

  test.each(['$top=1000', '$top=-1', '$top=1.5', '$top=', '$skiptoken=x', '$skiptoken=-1', '$skiptoken=1.5'])(
    'refuse %s',
    async (option) => {
      expect(refusalOf(await graph('GET', `/applications?${option}`))).toEqual(BAD)
    },
  )

  test('count what is there, not what is shown', async () => {
    const { body } = await graph('GET', '/applications?$top=1&$count=true')
    expect(body['@odata.count']).toBeGreaterThan(1)
    expect(body.value).toHaveLength(1)
    expect((await graph('GET', '/applications?$top=1')).body).not.toHaveProperty('@odata.count')
  })

  test('end: the last one has no link', async () => {
    const { body: all } = await graph('GET', '/applications?$count=true')
    expect(all).not.toHaveProperty('@odata.nextLink')
    const { body } = await graph('GET', `/applications?$top=${all['@odata.count']}`)
    expect(body).not.toHaveProperty('@odata.nextLink')
  })
})

describe('the caller’s request id', () => {
  test('comes back in the headers and in the error', async () => {
    const headers = { 'client-request-id': 'mine-1' }
    const { headers: got, body } = await graph('GET', '/applications/x', undefined, { headers })
    expect(got['client-request-id']).toBe('mine-1')
    expect(body.error.innerError).toEqual({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
      'request-id': got['request-id'],
      'client-request-id': 'mine-1',
    })
  })

  test.each(['x'.repeat(65), 'a b', '<script>'])('that is none is not repeated: %j', async (id) => {
    const { headers, text } = await graph('GET', '/applications/x', undefined, {
      headers: { 'client-request-id': id },
    })
    expect(headers['client-request-id']).toBe(headers['request-id'])
    expect(text).not.toContain(id)
  })
})

test('has no $batch, and says so as of any segment that it does not know', async () => {
  for (const segment of ['$batch', 'groups', 'me2']) {
    const answer = await graph('POST', `/${segment}`, { requests: [] })
    expect(refusalOf(answer)).toEqual(BAD)
    expect(answer.body.error.message).toBe(`Resource not found for the segment '${segment}'.`)
  }
})

describe('an address', () => {
  test('may name the caller’s own tenant first, as the CLI for Microsoft 365 does', async () => {
    const { status, body } = await graph('POST', '/myorganization/applications', { displayName: 'of m365' })
    expect({ status, name: body.displayName }).toEqual({ status: 201, name: 'of m365' })
    const role = {
      ...{ id: randomUUID(), value: 'R.Do', displayName: 'R', description: 'd', isEnabled: true },
      allowedMemberTypes: ['Application'],
    }
    const own = `/myorganization/applications/${body.id}`
    expect((await graph('PATCH', own, { appRoles: [role] })).status).toBe(204)
    expect((await graph('GET', `${own}/appRoles`)).body.value).toEqual([role])
    const { id } = (await graph('POST', '/myorganization/servicePrincipals', { appId: body.appId })).body
    const principal = `/myorganization/servicePrincipals/${id}`
    expect((await graph('GET', `${principal}/appRoles`)).body.value).toEqual([role])
    expect((await graph('GET', `${principal}/oauth2PermissionScopes`)).body.value).toEqual([])
  })
})
