import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Directory, openDirectory, type PermissionGrant } from '../../../../tenant/directory.ts'
import { assertConsented, consentedScopes, storeConsent } from '../../../../tenant/issuer/consent.ts'
import { newApplication, newServicePrincipal } from '../../../../tenant/seed/applications.ts'
import { openStore, type Store } from '../../../../tenant/store.ts'

const createdDateTime = '2026-01-01T00:00:00Z'
const API = newApplication({ displayName: 'api', createdDateTime })
const OTHER = newApplication({ displayName: 'other', createdDateTime })
const CLIENT = newApplication({ displayName: 'client', createdDateTime })
const principal = newServicePrincipal(CLIENT)
let store: Store
let directory: Directory
const asked = (userId = 'alice', resource = API) => ({ principal, resource, userId })

beforeEach(() => {
  store = openStore()
  directory = openDirectory(store)
  for (const application of [API, OTHER]) {
    directory.applications.put(application)
    directory.servicePrincipals.put(newServicePrincipal(application))
  }
  directory.servicePrincipals.put(principal)
})
afterEach(() => {
  store.close()
})

const resourceId = (app = API) => directory.servicePrincipalOf(app.appId)?.id ?? ''
function grant(fields: Partial<PermissionGrant>) {
  directory.grants.put({
    ...{
      id: 'g',
      clientId: principal.id,
      resourceId: resourceId(),
      scope: 'Read',
      consentType: 'AllPrincipals',
    },
    principalId: null,
    ...fields,
  })
}
const given = (
  scopes: string[],
  { userId, isDefault = false }: { userId?: string; isDefault?: boolean } = {},
) => assertConsented(CLIENT, asked(userId), { scopes, isDefault }, directory)
const refused = (scopes: string[], userId?: string) =>
  expect(() => given(scopes, userId === undefined ? {} : { userId })).toThrow(
    expect.objectContaining({ status: 400, error: 'invalid_grant', code: 65001, clientId: CLIENT.appId }),
  )

describe('consent', () => {
  test('of an administrator counts for every user', () => {
    grant({ scope: 'Read  Write ' })
    expect(consentedScopes(asked('bob'), directory)).toEqual(['Read', 'Write'])
    expect(given(['Read', 'Write'], { userId: 'bob' })).toEqual(['Read', 'Write'])
  })

  test('of one user counts for that one', () => {
    grant({ consentType: 'Principal', principalId: 'alice' })
    expect(consentedScopes(asked('alice'), directory)).toEqual(['Read'])
    refused(['Read'], 'bob')
  })

  test('to another client, or for another resource, does not count', () => {
    grant({ clientId: 'somebody else' })
    refused(['Read'])
    grant({ resourceId: resourceId(OTHER) })
    refused(['Read'])
  })

  test('to one scope is none to another', () => {
    grant({})
    refused(['Read', 'Write'])
    refused(['read'])
    refused(['Rea'])
  })

  test('that was never given says who asks for it', () => {
    expect(() => given(['Read'])).toThrow(
      `The user or administrator has not consented to use the application with ID '${CLIENT.appId}' named 'client'.`,
    )
  })

  test('to nothing is not asked for', () => {
    expect(given([])).toEqual([])
  })

  test('to some scopes is what .default gets, and no more', () => {
    grant({ scope: 'Read' })
    expect(given(['Read', 'Write'], { isDefault: true })).toEqual(['Read'])
    refused(['Read', 'Write'])
  })

  test('to none leaves nothing for .default', () => {
    expect(() => given(['Read'], { isDefault: true })).toThrow(expect.objectContaining({ code: 65001 }))
  })

  test('is not needed of a client that the resource pre-authorized, for the scopes that it names', () => {
    const named = [
      { id: 'r', value: 'Read', isEnabled: true, type: 'User' },
      { id: 'w', value: 'Write', isEnabled: true, type: 'User' },
    ]
    const resource = (appId: string) => ({
      ...API,
      api: {
        ...{ ...API.api, oauth2PermissionScopes: named },
        preAuthorizedApplications: [{ appId, delegatedPermissionIds: ['r'] }],
      },
    })
    expect(consentedScopes(asked('bob', resource(CLIENT.appId)), directory)).toEqual(['Read'])
    expect(consentedScopes(asked('bob', resource(OTHER.appId)), directory)).toEqual([])
  })

  test('of a user is kept, beside what there was, once', () => {
    storeConsent(asked(), ['Read'], directory)
    storeConsent(asked(), ['Write', 'Read'], directory)
    expect(directory.grants.all()).toMatchObject([
      { consentType: 'Principal', principalId: 'alice', scope: 'Read Write', resourceId: resourceId() },
    ])
  })

  test('of one user does not widen that of all', () => {
    grant({})
    storeConsent(asked(), ['Write'], directory)
    expect(directory.grants.get('g')).toMatchObject({ scope: 'Read', principalId: null })
    expect(consentedScopes(asked('bob'), directory)).toEqual(['Read'])
  })

  test('is kept apart by resource and by user', () => {
    storeConsent(asked('alice'), ['Read'], directory)
    storeConsent(asked('alice', OTHER), ['Read'], directory)
    storeConsent(asked('bob'), ['Read'], directory)
    expect(directory.grants.all()).toHaveLength(3)
  })

  test('is kept apart by client: what one got does not widen the other', () => {
    const other = newServicePrincipal(newApplication({ displayName: 'other client', createdDateTime }))
    storeConsent(asked(), ['Read'], directory)
    storeConsent({ ...asked(), principal: other }, ['Write'], directory)
    expect(consentedScopes(asked(), directory)).toEqual(['Read'])
    expect(consentedScopes({ ...asked(), principal: other }, directory)).toEqual(['Write'])
  })

  test('to nothing, or for a resource that is not there, keeps nothing', () => {
    storeConsent(asked(), [], directory)
    storeConsent(
      asked('alice', newApplication({ displayName: 'gone', createdDateTime })),
      ['Read'],
      directory,
    )
    expect(directory.grants.all()).toEqual([])
  })
})
