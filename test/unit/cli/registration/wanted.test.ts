import { describe, expect, it } from 'vitest'
import type { Application } from '../../../../cli/graph/objects.ts'
import {
  differencesOfApi,
  differencesOfDaemon,
  idsOfApi,
  newApi,
  newDaemon,
  ROLE_VALUES,
  SCOPE_VALUES,
} from '../../../../cli/registration/wanted.ts'
import { READ, WRITE } from '../../../../core/permissions.ts'

const whole = (body: object, appId = 'app-id'): Application => ({
  id: 'object-id',
  appId,
  displayName: 'x',
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

  it('differs in nothing from itself', () => expect(differencesOfApi(api)).toEqual({}))

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
  ])('differs in one member from one with %s', (_, change, member) => {
    const differences = differencesOfApi({ ...api, ...change })
    expect(Object.keys(differences)).toEqual([member])
    expect(differencesOfApi({ ...api, ...change, ...differences })).toEqual({})
  })

  it('keeps what somebody added, and the ids of what is there', () => {
    const own = { ...api.appRoles[0], id: 'own', value: 'Own.All' }
    const appRoles = [own, api.appRoles[0]].filter((role) => role !== undefined)
    const { appRoles: after } = differencesOfApi({ ...api, appRoles, tags: ['theirs'] } as Application)
    expect(after?.slice(0, 2)).toEqual(appRoles)
    expect(differencesOfApi({ ...api, tags: ['theirs'] }).tags).toEqual(['theirs', 'todo-cli'])
  })
})

describe('the daemon as it is wanted', () => {
  const ids = idsOfApi(api, false)
  const daemon = whole(newDaemon('daemon', ids), 'daemon-id')

  it('asks for both app roles, and for no scope', () => {
    const [access] = daemon.requiredResourceAccess
    expect(access?.resourceAccess).toEqual(api.appRoles.map(({ id }) => ({ id, type: 'Role' })))
  })

  it('differs in nothing from itself', () => expect(differencesOfDaemon(daemon, ids)).toEqual({}))

  it('asks for the scopes too where they are meant', () => {
    const { requiredResourceAccess } = differencesOfDaemon(daemon, idsOfApi(api, true))
    expect(requiredResourceAccess?.[0]?.resourceAccess.map(({ type }) => type)).toEqual([
      'Role',
      'Role',
      'Scope',
      'Scope',
    ])
  })

  it('keeps what it asks of other APIs', () => {
    const other = { resourceAppId: 'other', resourceAccess: [{ id: 'r', type: 'Role' as const }] }
    const { requiredResourceAccess } = differencesOfDaemon(
      { ...daemon, requiredResourceAccess: [other] },
      ids,
    )
    expect(requiredResourceAccess).toHaveLength(2)
    expect(requiredResourceAccess).toContainEqual(other)
  })
})
