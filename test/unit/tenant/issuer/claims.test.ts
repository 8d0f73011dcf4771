/** Which claims tokens have: all of them, and no others (entra.md 2.4). */
import { randomUUID } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { visit } from '../../../support/device-page.ts'
import { withTenant } from '../../../support/tenant.ts'
import { graphCalls } from '../../../support/tenant-calls.ts'
import { ask, askToken, assertionFields, claimsOf, clientAssertion } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const graph = graphCalls(tenant)
const names = (claims: object) => Object.keys(claims).toSorted()
const V2 = [
  'aio',
  'aud',
  'azp',
  'azpacr',
  'exp',
  'iat',
  'iss',
  'nbf',
  'oid',
  'rh',
  'sub',
  'tid',
  'uti',
  'ver',
]
const V1 = ['aio', 'appid', 'appidacr', 'aud', 'exp', 'iat', 'idp', 'iss', 'nbf', 'oid', 'rh', 'sub', 'tid']

const role = (value: string, members: string[]) => ({
  ...{ id: randomUUID(), value, displayName: value, description: value, isEnabled: true },
  allowedMemberTypes: members,
})

/** A resource of its own, so that no test changes another's. */
async function resource(fields: object = {}) {
  const uri = `api://${randomUUID()}`
  const { body: app } = await graph('POST', '/applications', {
    displayName: 'resource',
    identifierUris: [uri],
    ...fields,
  })
  const { body: sp } = await graph('POST', '/servicePrincipals', { appId: app.appId })
  return { uri, app, sp }
}

async function appToken(uri: string) {
  const { body } = await askToken(tenant(), {
    client_secret: tenant().client.secret,
    scope: `${uri}/.default`,
  })
  return { header: decodeProtectedHeader(body.access_token), claims: claimsOf(body.access_token) }
}

describe('an app’s token', () => {
  test('of v2.0 has the captured claims, and no others', async () => {
    const { uri, app } = await resource({ api: { requestedAccessTokenVersion: 2 } })
    const { header, claims } = await appToken(uri)
    expect(names(claims)).toEqual([...V2, 'xms_ftd'])
    expect(names(header)).toEqual(['alg', 'kid', 'typ'])
    const objectId = tenant().client.objectId
    expect(claims).toMatchObject({ aud: app.appId, ver: '2.0', oid: objectId, sub: objectId })
    expect(claims.uti).toMatch(/^[\w-]{22}$/)
    expect(claims.rh).toMatch(/^1\.A/)
  })

  test('of v1.0 has v1.0’s, and names its key twice', async () => {
    const { uri } = await resource()
    const { header, claims } = await appToken(uri)
    expect(names(claims)).toEqual([...V1, 'uti', 'ver', 'xms_ftd'])
    expect(header.x5t).toBe(header.kid)
    const iss = `https://sts.windows.net/${tenant().tenantId}/`
    expect(claims).toMatchObject({ aud: uri, iss, idp: iss, ver: '1.0', appidacr: '1' })
  })

  test.each([
    [null, '1.0'],
    [1, '1.0'],
    [2, '2.0'],
  ])('is of the version that its resource chose: %j is %s', async (requestedAccessTokenVersion, ver) => {
    const { uri } = await resource({ api: { requestedAccessTokenVersion } })
    expect((await appToken(uri)).claims.ver).toBe(ver)
  })

  test('has idtyp only where the resource asked for it', async () => {
    const without = await resource({ optionalClaims: { accessToken: [{ name: 'email' }] } })
    expect((await appToken(without.uri)).claims).not.toHaveProperty('idtyp')
    const asked = await resource({ optionalClaims: { accessToken: [{ name: 'idtyp' }] } })
    expect((await appToken(asked.uri)).claims.idtyp).toBe('app')
  })

  test('says how the client proved itself', async () => {
    const { body } = await askToken(tenant(), assertionFields(await clientAssertion(tenant())))
    expect(claimsOf(body.access_token).azpacr).toBe('2')
    const vault = 'https://vault.azure.net/.default'
    const { body: old } = await askToken(tenant(), {
      scope: vault,
      ...assertionFields(await clientAssertion(tenant())),
    })
    expect(claimsOf(old.access_token).appidacr).toBe('2')
  })

  test('has no role that was disabled since it was given, and none of another resource', async () => {
    const kept = role('Kept', ['Application'])
    const gone = role('Gone', ['Application'])
    const { uri, app, sp } = await resource({ appRoles: [kept, gone] })
    const other = await resource({ appRoles: [role('Other', ['Application'])] })
    for (const [resourceId, appRoleId] of [
      [sp.id, kept.id],
      [sp.id, gone.id],
      [other.sp.id, other.app.appRoles[0].id],
    ]) {
      const principalId = tenant().client.objectId
      const consent = { principalId, resourceId, appRoleId }
      await graph('POST', `/servicePrincipals/${principalId}/appRoleAssignments`, consent)
    }
    expect((await appToken(uri)).claims.roles).toEqual(['Kept', 'Gone'])
    const appRoles = [kept, { ...gone, isEnabled: false }]
    expect((await graph('PATCH', `/applications/${app.id}`, { appRoles })).status).toBe(204)
    expect((await appToken(uri)).claims.roles).toEqual(['Kept'])
  })

  test('is refused where an assignment is required and the only role given is disabled', async () => {
    const one = role('One', ['Application'])
    const { uri, app, sp } = await resource({ appRoles: [one] })
    const consent = { principalId: tenant().client.objectId, resourceId: sp.id, appRoleId: one.id }
    await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignedTo`, consent)
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: true })
    const ask1 = async () =>
      (await askToken(tenant(), { client_secret: tenant().client.secret, scope: `${uri}/.default` })).body
    expect((await ask1()).access_token).toMatch(/^ey/)
    await graph('PATCH', `/applications/${app.id}`, { appRoles: [{ ...one, isEnabled: false }] })
    expect((await ask1()).error_codes).toEqual([501051])
  })

  test('is given where an assignment is required and default access was given, without a role', async () => {
    const { uri, sp } = await resource()
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: true })
    const appRoleId = '00000000-0000-0000-0000-000000000000'
    const consent = { principalId: tenant().client.objectId, resourceId: sp.id, appRoleId }
    expect((await graph('POST', `/servicePrincipals/${sp.id}/appRoleAssignedTo`, consent)).status).toBe(201)
    expect((await appToken(uri)).claims).not.toHaveProperty('roles')
  })
})

describe('a user’s token', () => {
  const pages = () => `http://localhost:${tenant().ports.pages}/device`
  async function userTokens(scope: string) {
    const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields) })
    const client_id = tenant().publicClient.appId
    const url = tenant().tokenEndpoint.replace(/token$/, 'devicecode')
    const { body: started } = await ask(tenant(), url, form({ client_id, scope }))
    await visit(pages(), started.user_code)
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code'
    const { device_code } = started
    const { body } = await ask(tenant(), tenant().tokenEndpoint, form({ client_id, grant_type, device_code }))
    return body
  }
  const readScope = () => ({
    ...{ id: randomUUID(), value: 'Read', isEnabled: true, type: 'User' },
    adminConsentDisplayName: 'Read',
  })
  const delegated = (version: number | null = 2) => ({
    api: { requestedAccessTokenVersion: version, oauth2PermissionScopes: [readScope()] },
  })
  const alice = () => tenant().users[0]?.id ?? ''

  test('of v2.0 has a name only with profile', async () => {
    const { uri } = await resource(delegated())
    const plain = claimsOf((await userTokens(`${uri}/Read`)).access_token)
    expect(names(plain)).toEqual([...V2, 'scp', 'xms_ftd'].toSorted())
    const named = claimsOf((await userTokens(`${uri}/Read openid profile`)).access_token)
    expect(named).toMatchObject({ name: 'Alice Adams', preferred_username: 'alice@contoso.onmicrosoft.com' })
  })

  test('of v1.0 is addressed to the URI, by a public client', async () => {
    const { uri } = await resource(delegated(null))
    const claims = claimsOf((await userTokens(`${uri}/Read`)).access_token)
    expect(names(claims)).toEqual(
      [...V1, 'name', 'scp', 'unique_name', 'upn', 'uti', 'ver', 'xms_ftd'].toSorted(),
    )
    expect(claims).toMatchObject({ aud: uri, appidacr: '0', oid: alice(), scp: 'Read' })
  })

  test('has idtyp only where the resource asked for it', async () => {
    const { uri } = await resource(delegated())
    expect(claimsOf((await userTokens(`${uri}/Read`)).access_token)).not.toHaveProperty('idtyp')
  })

  test('has the roles that the user was given, beside scp: roles alone do not make an app', async () => {
    const admin = role('Admin', ['User'])
    const { uri, sp } = await resource({ ...delegated(), appRoles: [admin, role('Daemon', ['Application'])] })
    const before = claimsOf((await userTokens(`${uri}/Read`)).access_token)
    expect(before).not.toHaveProperty('roles')
    const assignment = { principalId: alice(), resourceId: sp.id, appRoleId: admin.id }
    const { status, body } = await graph('POST', `/users/${alice()}/appRoleAssignments`, assignment)
    expect({ status, type: body.principalType }).toEqual({ status: 201, type: 'User' })
    const after = claimsOf((await userTokens(`${uri}/Read`)).access_token)
    expect(after).toMatchObject({ roles: ['Admin'], scp: 'Read', oid: alice() })
    expect(after.sub).not.toBe(after.oid)
  })

  test('is refused with AADSTS50105 where an assignment is required and the user has none', async () => {
    const { uri, sp } = await resource(delegated())
    await graph('PATCH', `/servicePrincipals/${sp.id}`, { appRoleAssignmentRequired: true })
    const refused = await userTokens(`${uri}/Read`)
    expect(refused).toMatchObject({ error: 'invalid_grant', error_codes: [50105] })
    expect(refused.error_description).toContain(
      "The signed in user 'alice@contoso.onmicrosoft.com' is blocked",
    )
  })

  test('has a subject for each audience, the same each time', async () => {
    const [one, two] = [await resource(delegated()), await resource(delegated())]
    const subject = async (uri: string) => claimsOf((await userTokens(`${uri}/Read`)).access_token).sub
    const [first, again, other] = [await subject(one.uri), await subject(one.uri), await subject(two.uri)]
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })
})
