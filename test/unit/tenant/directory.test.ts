import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Directory, openDirectory } from '../../../tenant/directory.ts'
import {
  assign,
  firstPartyApis,
  newApplication,
  newServicePrincipal,
  todoApi,
} from '../../../tenant/seed/applications.ts'
import { openStore, type Store } from '../../../tenant/store.ts'

const NOW = '2026-01-01T00:00:00Z'
const API = todoApi(NOW)
const CLIENT = newApplication({ displayName: 'client', createdDateTime: NOW })
let store: Store
let directory: Directory

beforeEach(() => {
  store = openStore()
  directory = openDirectory(store)
  for (const application of [API, CLIENT, ...firstPartyApis(NOW)]) {
    directory.applications.put(application)
    directory.servicePrincipals.put(newServicePrincipal(application))
  }
})
afterEach(() => {
  store.close()
})
const client = () => directory.servicePrincipalOf(CLIENT.appId) ?? newServicePrincipal(CLIENT)

describe('a resource', () => {
  test.each([
    ['its identifier URI', () => `api://${API.appId}`],
    ['its app id', () => API.appId],
    ['its app id in upper case', () => API.appId.toUpperCase()],
    ['its URI with a slash at the end', () => `api://${API.appId}/`],
  ])('is found by %s', (_, uri) => {
    expect(directory.resourceNamed(uri())?.id).toBe(API.id)
  })

  test.each([
    'https://graph.microsoft.com',
    'https://graph.microsoft.com/',
    'https://management.core.windows.net/',
  ])('%s is found', (uri) => {
    expect(directory.resourceNamed(uri)).toBeDefined()
  })

  test.each([
    '',
    '/',
    'https://graph.microsoft.com//',
    'HTTPS://GRAPH.MICROSOFT.COM',
    'https://graph.microsoft.com.evil.example',
  ])('%j is not', (uri) => {
    expect(directory.resourceNamed(uri)).toBeUndefined()
  })
})

describe('the roles of a client', () => {
  test('are none at first', () => {
    expect(directory.rolesOf(client(), API)).toEqual([])
  })

  test('are those that were assigned, of that resource', () => {
    assign(directory, CLIENT, API, ['ToDoList.Read.All'], NOW)
    expect(directory.rolesOf(client(), API)).toEqual(['ToDoList.Read.All'])
    expect(directory.rolesOf(newServicePrincipal(CLIENT), API)).toEqual([])
  })

  test('do not count while the role is disabled', () => {
    assign(directory, CLIENT, API, ['ToDoList.Read.All', 'ToDoList.ReadWrite.All'], NOW)
    const appRoles = API.appRoles.map((role) => ({ ...role, isEnabled: role.value !== 'ToDoList.Read.All' }))
    const changed = { ...API, appRoles }
    expect(directory.rolesOf(client(), changed)).toEqual(['ToDoList.ReadWrite.All'])
  })

  test('of a role that does not exist are none', () => {
    assign(directory, CLIENT, API, ['Nothing'], NOW)
    expect(directory.appRoleAssignments.all()).toEqual([])
  })
})

test('every GUID of an application is its own', () => {
  const { id, appId } = newApplication({ displayName: 'x', createdDateTime: NOW })
  expect(id).not.toBe(appId)
  expect(newServicePrincipal(API).id).not.toBe(API.id)
})
