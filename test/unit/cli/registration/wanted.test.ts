import { describe, expect, it } from 'vitest'
import type { Application } from '../../../../cli/graph/objects.ts'
import {
  differencesOfApi,
  differencesOfDaemon,
  differencesOfLogin,
  idsOfApi,
  newApi,
  newDaemon,
  newLogin,
  ROLE_VALUES,
  SCOPE_VALUES,
} from '../../../../cli/registration/wanted.ts'
import { READ, WRITE } from '../../../../core/permissions.ts'

const whole = (body: object, appId = 'app-id'): Application => ({
  id: 'object-id',
  appId,
  uniqueName: null,
  displayName: 'x',
  isFallbackPublicClient: false,
  signInAudience: 'AzureADMyOrg',
  identifierUris: [`api://${appId}`],
  tags: [],
  api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [] },
  appRoles: [],
  optionalClaims: null,
  requiredResourceAccess: [],
  keyCredentials: [],
  passwordCredentials: [],
  ...body,
})
const api = whole(newApi('api'))

describe('the API as it is wanted', () => {
  it('has every permission that the API asks for', () => {
    const values = [...api.appRoles, ...api.api.oauth2PermissionScopes].map(({ value }) => value)
    expect(values).toEqual(
      expect.arrayContaining([...READ.roles, ...READ.scopes, ...WRITE.roles, ...WRITE.scopes]),
    )
    expect([ROLE_VALUES, SCOPE_VALUES]).toEqual([READ.roles, READ.scopes])
  })

  it('differs in nothing from itself', () => expect(differencesOfApi(api, 'api')).toEqual({}))

  it.each<[string, Partial<Application>, string]>([
    ['no identifier URI', { identifierUris: [] }, 'identifierUris'],
    ['tokens of version 1', { api: { ...api.api, requestedAccessTokenVersion: 1 } }, 'api'],
    ['tokens of no version', { api: { ...api.api, requestedAccessTokenVersion: null } }, 'api'],
    ['no scope', { api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [] } }, 'api'],
    ['one app role', { appRoles: api.appRoles.slice(1) }, 'appRoles'],
    [
      'a disabled app role',
      { appRoles: api.appRoles.map((role) => ({ ...role, isEnabled: false })) },
      'appRoles',
    ],
    ['no optional claim', { optionalClaims: null }, 'optionalClaims'],
    ['another optional claim', { optionalClaims: { accessToken: [{ name: 'acct' }] } }, 'optionalClaims'],
    ['users of other tenants', { signInAudience: 'AzureADMultipleOrgs' }, 'signInAudience'],
    ['no tag', { tags: ['other'] }, 'tags'],
    ['another name', { displayName: 'renamed' }, 'displayName'],
  ])('differs in one member from one with %s', (_, change, member) => {
    const differences = differencesOfApi({ ...api, ...change }, 'api')
    expect(Object.keys(differences)).toEqual([member])
    expect(differencesOfApi({ ...api, ...change, ...differences }, 'api')).toEqual({})
  })

  it('keeps what somebody added, and the ids of what is there', () => {
    const own = { ...api.appRoles[0], id: 'own', value: 'Own.All' }
    const appRoles = [own, api.appRoles[0]].filter((role) => role !== undefined)
    const { appRoles: after } = differencesOfApi({ ...api, appRoles, tags: ['theirs'] } as Application, 'api')
    expect(after?.slice(0, 2)).toEqual(appRoles)
    expect(differencesOfApi({ ...api, tags: ['theirs'] }, 'api').tags).toEqual(['theirs', 'todo-cli'])
  })
})

describe('ids of permissions', () => {
  it('are the same however often the API is made, for Graph refuses to change an enabled one', () => {
    expect(newApi('api')).toEqual(newApi('api'))
    const ids = [...api.appRoles, ...api.api.oauth2PermissionScopes].map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('are others where somebody gave the entry another value, which stays theirs', () => {
    const [first, ...rest] = api.appRoles
    const theirs = { ...first, value: 'Theirs.All' }
    const { appRoles = [] } = differencesOfApi({ ...api, appRoles: [theirs, ...rest] } as Application, 'api')
    expect(appRoles).toHaveLength(3)
    expect(appRoles[0]).toEqual(theirs)
    expect(new Set(appRoles.map(({ id }) => id)).size).toBe(3)
  })
})

describe('the daemon as it is wanted', () => {
  const ids = idsOfApi(api)
  const daemon = whole(newDaemon('daemon', ids), 'daemon-id')

  it('asks for both app roles, and for no scope', () => {
    const [access] = daemon.requiredResourceAccess
    expect(access?.resourceAccess).toEqual(api.appRoles.map(({ id }) => ({ id, type: 'Role' })))
  })

  it('differs in nothing from itself', () => expect(differencesOfDaemon(daemon, ids, 'daemon')).toEqual({}))

  it('keeps what it asks of other APIs', () => {
    const other = { resourceAppId: 'other', resourceAccess: [{ id: 'r', type: 'Role' as const }] }
    const { requiredResourceAccess } = differencesOfDaemon(
      { ...daemon, requiredResourceAccess: [other] },
      ids,
      'daemon',
    )
    expect(requiredResourceAccess).toHaveLength(2)
    expect(requiredResourceAccess).toContainEqual(other)
  })
})

describe('the public client for users as it is wanted', () => {
  const ids = idsOfApi(api)
  const login = whole(newLogin('login', ids), 'login-id')

  it('asks for both scopes, for no app role, and may sign users in', () => {
    const [access] = login.requiredResourceAccess
    expect(access?.resourceAccess).toEqual(
      api.api.oauth2PermissionScopes.map(({ id }) => ({ id, type: 'Scope' })),
    )
    expect(login.isFallbackPublicClient).toBe(true)
  })

  it('differs in nothing from itself', () => expect(differencesOfLogin(login, ids, 'login')).toEqual({}))

  it.each<[string, Partial<Application>, string]>([
    ['is no public client', { isFallbackPublicClient: false }, 'isFallbackPublicClient'],
    ['asks for nothing', { requiredResourceAccess: [] }, 'requiredResourceAccess'],
  ])('differs in one member from one that %s', (_, change, member) => {
    expect(Object.keys(differencesOfLogin({ ...login, ...change }, ids, 'login'))).toEqual([member])
  })
})
