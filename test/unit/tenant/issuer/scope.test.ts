import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Directory, openDirectory } from '../../../../tenant/directory.ts'
import { resourceScope, takeApart } from '../../../../tenant/issuer/scope.ts'
import { userScope } from '../../../../tenant/issuer/user-scope.ts'
import {
  firstPartyApis,
  newApplication,
  newServicePrincipal,
  todoApi,
} from '../../../../tenant/seed/applications.ts'
import { openStore, type Store } from '../../../../tenant/store.ts'

const NOW = '2026-01-01T00:00:00Z'
const API = todoApi(NOW)
const ORPHAN = newApplication({
  displayName: 'orphan',
  createdDateTime: NOW,
  identifierUris: ['api://orphan'],
})
const CLIENT = newApplication({ displayName: 'client', createdDateTime: NOW })
const URI = `api://${API.appId}`
let store: Store
let directory: Directory

beforeAll(() => {
  store = openStore()
  directory = openDirectory(store)
  for (const application of [API, CLIENT, ...firstPartyApis(NOW)]) {
    directory.applications.put(application)
    directory.servicePrincipals.put(newServicePrincipal(application))
  }
  directory.applications.put(ORPHAN)
})
afterAll(() => {
  store.close()
})

const app = (scope: string) => resourceScope(scope, directory, 'tenant', CLIENT.appId)
const user = (scope: string) => userScope(scope, directory, 'tenant', CLIENT)
const code = (number: number) => expect.objectContaining({ code: number, clientId: CLIENT.appId })

describe('a scope', () => {
  test.each([
    ['api://x/.default', 'api://x', '.default', true],
    ['https://vault.azure.net/.default', 'https://vault.azure.net', '.default', true],
    [
      'https://management.core.windows.net//.default',
      'https://management.core.windows.net/',
      '.default',
      true,
    ],
    ['api://x/Things.Read', 'api://x', 'Things.Read', false],
    ['User.Read', 'https://graph.microsoft.com', 'User.Read', false],
    ['.default', 'https://graph.microsoft.com', '.default', true],
    ['api://x/.DEFAULT', 'api://x', '.DEFAULT', false],
  ])('%s is of %s', (scope, uri, name, isDefault) => {
    expect(takeApart(scope)).toEqual({ uri, name, isDefault })
  })
})

describe('an app may ask for', () => {
  test.each([
    [`${URI}/.default`, URI],
    [`${API.appId}/.default`, API.appId],
    ['https://graph.microsoft.com/.default', 'https://graph.microsoft.com'],
    ['.default', 'https://graph.microsoft.com'],
  ])('%s', (scope, uri) => {
    expect(app(scope).uri).toBe(uri)
  })

  test.each([
    ['api://nobody/.default', 500011],
    ['api://orphan/.default', 500011],
    ['/.default', 500011],
    [`${URI}/ToDoList.Read`, 1002012],
    [`${URI}/`, 1002012],
    [`${URI}/.DEFAULT`, 1002012],
    ['openid', 1002012],
    [`${URI}/.default ${URI}/.default`, 1002012],
    [`${URI}/.default https://vault.azure.net/.default`, 70011],
    ['', 70011],
    [' ', 70011],
    [`${URI}/.default `, 70011],
    ['a"b', 70011],
    ['a\\b', 70011],
    ['api://x/ä', 70011],
    ['api://x/\n.default', 70011],
  ])('never %j: AADSTS%i', (scope, number) => {
    expect(() => app(scope)).toThrow(code(number))
  })
})

describe('a user’s client may ask for', () => {
  test('scopes of a resource, beside those of OpenID Connect', () => {
    expect(user(`openid ${URI}/ToDoList.Read offline_access ${URI}/ToDoList.ReadWrite`)).toMatchObject({
      uri: URI,
      scopes: ['ToDoList.Read', 'ToDoList.ReadWrite'],
      openid: ['openid', 'offline_access'],
    })
  })

  test('all that a resource has', () => {
    expect(user(`${URI}/.default`).scopes).toEqual(['ToDoList.Read', 'ToDoList.ReadWrite'])
  })

  test('a sign-in alone, which is Graph’s', () => {
    expect(user('openid profile')).toMatchObject({
      uri: 'https://graph.microsoft.com',
      scopes: [],
      openid: ['openid', 'profile'],
    })
  })

  test.each([
    ['', 70011],
    [`${URI}/ToDoList.Read https://vault.azure.net/user_impersonation`, 70011],
    [`${URI}/ToDoList.Read User.Read`, 70011],
    ['api://nobody/x', 500011],
    ['api://orphan/x', 500011],
    [`${URI}/ToDoList.Read.All`, 650053],
    [`${URI}/todolist.read`, 650053],
    ['Everything', 650053],
  ])('never %j: AADSTS%i', (scope, number) => {
    expect(() => user(scope)).toThrow(code(number))
  })

  test('never a scope that is disabled', () => {
    const scopes = API.api.oauth2PermissionScopes.map((scope) => ({ ...scope, isEnabled: false }))
    directory.applications.put({ ...API, api: { ...API.api, oauth2PermissionScopes: scopes } })
    expect(() => user(`${URI}/ToDoList.Read`)).toThrow(code(650053))
    expect(user(`${URI}/.default`).scopes).toEqual([])
    directory.applications.put(API)
  })
})
