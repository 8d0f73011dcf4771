import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Application, DEFAULT_ACCESS, type Directory, openDirectory } from '../../../tenant/directory.ts'
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
const requireAssignment = () => {
  const principal = directory.servicePrincipalOf(API.appId) ?? newServicePrincipal(API)
  directory.servicePrincipals.put({ ...principal, appRoleAssignmentRequired: true })
}
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

describe('an assignment to another resource', () => {
  const graph = () => directory.resourceNamed('https://graph.microsoft.com') ?? API
  const put = (resource: Application, appRoleId: string) =>
    directory.appRoleAssignments.put({
      id: 'an-assignment',
      principalId: client().id,
      resourceId: directory.servicePrincipalOf(resource.appId)?.id ?? '',
      appRoleId,
      createdDateTime: NOW,
    })

  test('gives no role here, though the role has the same id', () => {
    const [role] = API.appRoles
    put(graph(), role?.id ?? '')
    expect(directory.rolesOf(client(), API)).toEqual([])
    put(API, role?.id ?? '')
    expect(directory.rolesOf(client(), API)).toEqual([role?.value])
  })

  test('gives no access here, where one is required', () => {
    requireAssignment()
    put(graph(), DEFAULT_ACCESS)
    expect(directory.mayUse(client(), API)).toBe(false)
    put(API, DEFAULT_ACCESS)
    expect(directory.mayUse(client(), API)).toBe(true)
  })
})

describe('where an assignment is required', () => {
  beforeEach(requireAssignment)
  const assigned = (appRoleId: string, principalId = client().id) =>
    directory.appRoleAssignments.put({
      ...{ id: 'an-assignment', principalId, appRoleId, createdDateTime: NOW },
      resourceId: directory.servicePrincipalOf(API.appId)?.id ?? '',
    })

  test('a client without any may not use the resource, and one with a role may', () => {
    expect(directory.mayUse(client(), API)).toBe(false)
    assign(directory, CLIENT, API, ['ToDoList.Read.All'], NOW)
    expect(directory.mayUse(client(), API)).toBe(true)
  })

  test('a role that the resource does not have opens nothing', () => {
    assigned('5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10')
    expect(directory.mayUse(client(), API)).toBe(false)
  })

  test('nor does the assignment of another principal', () => {
    assigned(DEFAULT_ACCESS, 'somebody-else')
    expect(directory.mayUse(client(), API)).toBe(false)
  })
})

test('where none is required any client may use the resource', () => {
  expect(directory.mayUse(client(), API)).toBe(true)
})

describe('an application that has no service principal', () => {
  const absent = newApplication({ displayName: 'absent', createdDateTime: NOW, appRoles: API.appRoles })
  const roles = API.appRoles.map(({ value }) => value)

  test('is given no role', () => {
    assign(directory, absent, API, roles, NOW)
    expect(directory.appRoleAssignments.all()).toEqual([])
  })

  test('has no role that anybody could be given, and asks for none', () => {
    assign(directory, CLIENT, absent, roles, NOW)
    expect(directory.appRoleAssignments.all()).toEqual([])
    expect(directory.rolesOf(client(), absent)).toEqual([])
    expect(directory.mayUse(client(), absent)).toBe(true)
  })
})

test('every GUID of an application is its own', () => {
  const { id, appId } = newApplication({ displayName: 'x', createdDateTime: NOW })
  expect(id).not.toBe(appId)
  expect(newServicePrincipal(API).id).not.toBe(API.id)
})
