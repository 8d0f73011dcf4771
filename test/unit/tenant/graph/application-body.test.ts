import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readApplication } from '../../../../tenant/graph/application-body.ts'
import { todoApi } from '../../../../tenant/seed/applications.ts'

const API = todoApi('2026-01-01T00:00:00Z')
const ROLE = {
  id: randomUUID(),
  value: 'A.Read',
  displayName: 'a',
  description: 'a',
  allowedMemberTypes: ['Application'],
}
const bad = (body: object) =>
  expect(() => readApplication({ ...body })).toThrow(expect.objectContaining({ status: 400 }))

describe('the body of an application', () => {
  test('gives what it names only', () => {
    expect(readApplication({ displayName: 'x', '@odata.type': '#microsoft.graph.application' })).toEqual({
      displayName: 'x',
    })
  })

  test('may have the longest name, and the most roles', () => {
    const displayName = 'x'.repeat(1024)
    const roles = Array.from({ length: 1000 }, (_, index) => ({
      ...ROLE,
      id: randomUUID(),
      value: `r${index}`,
    }))
    const read = readApplication({ displayName, appRoles: roles })
    expect({ name: read.displayName, roles: read.appRoles?.length }).toEqual({
      name: displayName,
      roles: 1000,
    })
  })

  test('keeps members that the tenant does not look at, beside those that were there', () => {
    const present = { ...API, others: { notes: 'n', web: 1 } }
    expect(readApplication({ web: 2, tags: ['t'] }, present).others).toEqual({
      notes: 'n',
      web: 2,
      tags: ['t'],
    })
  })

  test('takes a role as enabled unless it says otherwise', () => {
    expect(readApplication({ appRoles: [ROLE] }).appRoles).toEqual([{ ...ROLE, isEnabled: true }])
    expect(readApplication({ appRoles: [{ ...ROLE, isEnabled: false }] }).appRoles?.[0]?.isEnabled).toBe(
      false,
    )
  })

  test.each([[['User']], [['Application']], [['User', 'Application']]])('takes a role for %j', (members) => {
    const appRoles = [{ ...ROLE, allowedMemberTypes: members }]
    expect(readApplication({ appRoles }).appRoles).toMatchObject(appRoles)
  })

  test('keeps the scopes where only the token version is named, and the reverse', () => {
    const { api } = readApplication({ api: { requestedAccessTokenVersion: 1 } }, API)
    expect(api).toEqual({ ...API.api, requestedAccessTokenVersion: 1 })
    const scopes = API.api.oauth2PermissionScopes
    expect(readApplication({ api: { oauth2PermissionScopes: scopes } }, API).api).toEqual(API.api)
  })

  test('keeps the clients that a scope needs no consent of, and refuses scopes that there are not', () => {
    const [read] = API.api.oauth2PermissionScopes
    const appId = randomUUID()
    const preAuthorizedApplications = [{ appId, delegatedPermissionIds: [read?.id] }]
    const { api } = readApplication({ api: { preAuthorizedApplications } }, API)
    expect(api).toEqual({ ...API.api, preAuthorizedApplications })
    const present = { ...API, ...(api ? { api } : {}) }
    expect(readApplication({ api: { requestedAccessTokenVersion: 2 } }, present).api).toEqual(api)
    for (const entry of [null, {}, { appId }, { appId: 'x', delegatedPermissionIds: [] }]) {
      bad({ api: { preAuthorizedApplications: [entry] } })
    }
    const unknown = {
      preAuthorizedApplications: [{ appId, delegatedPermissionIds: [read?.id, randomUUID()] }],
    }
    expect(() => readApplication({ api: unknown }, API)).toThrow(expect.objectContaining({ status: 400 }))
  })

  test('keeps of optional claims what it does not look at', () => {
    const optionalClaims = {
      idToken: [{ name: 'auth_time' }],
      accessToken: [{ name: 'idtyp', essential: false, source: null }],
    }
    expect(readApplication({ optionalClaims }).optionalClaims).toEqual(optionalClaims)
  })

  test('takes null for no token version, no optional claims, no fallback', () => {
    expect(
      readApplication({
        api: { requestedAccessTokenVersion: null },
        optionalClaims: null,
        isFallbackPublicClient: null,
      }),
    ).toMatchObject({
      api: { requestedAccessTokenVersion: null },
      optionalClaims: null,
      isFallbackPublicClient: false,
    })
  })

  test('gives a scope its kind and its texts, where they are text', () => {
    const scope = { id: randomUUID(), value: 'A', isEnabled: true }
    const texts = { adminConsentDisplayName: 'read', adminConsentDescription: 'reads' }
    const numbers = { adminConsentDisplayName: 1, adminConsentDescription: 1 }
    const read = (sent: object) =>
      readApplication({ api: { oauth2PermissionScopes: [sent] } }).api?.oauth2PermissionScopes[0]
    expect(read({ ...scope, ...texts, type: 'User' })).toEqual({ ...scope, ...texts, type: 'User' })
    expect(read({ ...scope, ...numbers, type: 'Machine' })).toEqual({ ...scope, type: 'Admin' })
    expect(read({ ...scope, isEnabled: false })?.isEnabled).toBe(false)
  })

  test('takes the unique name that it has, and no other', () => {
    const present = { ...API, uniqueName: 'mine' }
    expect(readApplication({ uniqueName: 'mine' }, present)).toEqual({ uniqueName: 'mine' })
    expect(() => readApplication({ uniqueName: 'yours' }, present)).toThrow(
      expect.objectContaining({ status: 400 }),
    )
  })

  test.each(['appRoles', 'api'])('does not pull an enabled entry of %s away', (name) => {
    const body = name === 'api' ? { api: { oauth2PermissionScopes: [] } } : { appRoles: [] }
    expect(() => readApplication(body, API)).toThrow(
      expect.objectContaining({ code: 'CannotDeleteOrUpdateEnabledEntitlement' }),
    )
  })

  test('does not pull one enabled entry of several away', () => {
    const [role, ...rest] = API.appRoles
    const [scope, ...others] = API.api.oauth2PermissionScopes
    expect([rest.length, others.length].every((left) => left > 0)).toBe(true)
    for (const body of [{ appRoles: rest }, { api: { oauth2PermissionScopes: others } }]) {
      expect(() => readApplication(body, API)).toThrow(
        expect.objectContaining({ code: 'CannotDeleteOrUpdateEnabledEntitlement' }),
      )
    }
    const disabled = {
      ...API,
      appRoles: [{ ...role, isEnabled: false }, ...rest],
      api: { ...API.api, oauth2PermissionScopes: [{ ...scope, isEnabled: false }, ...others] },
    } as typeof API
    expect(readApplication({ appRoles: rest }, disabled).appRoles).toEqual(rest)
    const { api } = readApplication({ api: { oauth2PermissionScopes: others } }, disabled)
    expect(api?.oauth2PermissionScopes).toEqual(others)
  })

  test.each([
    'AzureADMyOrg',
    'AzureADMultipleOrgs',
    'AzureADandPersonalMicrosoftAccount',
    'PersonalMicrosoftAccount',
  ])('takes the audience %s', (signInAudience) => {
    expect(readApplication({ signInAudience })).toEqual({ signInAudience })
  })

  test('keeps the access that is asked for as it comes, and empties the list of secrets', () => {
    const requiredResourceAccess = [{ resourceAppId: randomUUID(), resourceAccess: [] }]
    expect(readApplication({ requiredResourceAccess })).toEqual({ requiredResourceAccess })
    expect(readApplication({ passwordCredentials: [] })).toEqual({ passwordCredentials: [] })
  })

  test.each<[string, object]>([
    ['an unknown member', { x: 1 }],
    ['a member of the prototype', { constructor: 1 }],
    ['an object id of its own', { id: randomUUID() }],
    ['an app id of its own', { appId: randomUUID() }],
    ['owners', { owners: [] }],
    ['no name', { displayName: '' }],
    ['a name that is no text', { displayName: 1 }],
    ['a name that is too long', { displayName: 'x'.repeat(1025) }],
    ['an unknown audience', { signInAudience: 'Me' }],
    ['URIs that are no list', { identifierUris: {} }],
    ['an empty URI', { identifierUris: [''] }],
    ['a flag that is none', { isFallbackPublicClient: 'yes' }],
    ['api that is no object', { api: [] }],
    ['version 3', { api: { requestedAccessTokenVersion: 3 } }],
    ['version "2"', { api: { requestedAccessTokenVersion: '2' } }],
    ['a scope without a value', { api: { oauth2PermissionScopes: [{ id: randomUUID() }] } }],
    ['a scope without an id', { api: { oauth2PermissionScopes: [{ value: 'x' }] } }],
    ['a scope that is null', { api: { oauth2PermissionScopes: [null] } }],
    ['a scope that is text', { api: { oauth2PermissionScopes: ['x'] } }],
    ['a scope whose id is a list', { api: { oauth2PermissionScopes: [{ id: [ROLE.id], value: 'x' }] } }],
    ['claims that are text', { optionalClaims: 'x' }],
    ['a list as claims', { optionalClaims: [] }],
    ['a claim that is null', { optionalClaims: { accessToken: [null] } }],
    ['a role for nobody', { appRoles: [{ ...ROLE, allowedMemberTypes: [] }] }],
    ['a role whose id is no GUID', { appRoles: [{ ...ROLE, id: 'x' }] }],
    ['a role whose id has more before it', { appRoles: [{ ...ROLE, id: `0${ROLE.id}` }] }],
    ['a role whose id has more behind it', { appRoles: [{ ...ROLE, id: `${ROLE.id}0` }] }],
    [
      'a role for apps and machines',
      { appRoles: [{ ...ROLE, allowedMemberTypes: ['Application', 'Machine'] }] },
    ],
    ['asked access that is no list', { requiredResourceAccess: {} }],
    ['a role for machines', { appRoles: [{ ...ROLE, allowedMemberTypes: ['Machine'] }] }],
    ['a role that is null', { appRoles: [null] }],
    ['claims that are no list', { optionalClaims: { accessToken: {} } }],
    ['a claim without a name', { optionalClaims: { accessToken: [{}] } }],
    ['too many roles', { appRoles: Array.from({ length: 1001 }, () => ROLE) }],
    ['a secret', { passwordCredentials: [{ secretText: 'x' }] }],
    ['key credentials that are none', { keyCredentials: [{}] }],
  ])('with %s is refused', (_, body) => bad(body))
})
