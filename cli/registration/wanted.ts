/**
 * The app registrations as they are to be, after Microsoft's daemon sample: the API with its scopes and app roles, the
 * daemon that holds both roles, and where users are to sign in a public client that asks for both scopes.
 */
import { randomUUID } from 'node:crypto'
import { READ } from '../../core/permissions.ts'
import type {
  Application,
  ApplicationBody,
  AppRole,
  PermissionScope,
  RequiredResourceAccess,
} from '../graph/objects.ts'

/** Marks what this program made, so that it removes nothing else. */
export const TAG = 'todo-cli'

/** Members that differ, by their names in Graph, with their new values. */
export type Differences = Partial<ApplicationBody>

type Wanted = readonly [value: string, name: string, id: string]

/**
 * Ids are the same in every tenant: they have to be unique within one app only, and creating it twice must ask for the same
 * both times, for Graph refuses to change an enabled permission.
 */
const SCOPES: readonly Wanted[] = [
  ['ToDoList.Read', 'Read your todos', 'd0541a5a-2c33-4f5b-9a43-6a07e5d8a001'],
  ['ToDoList.ReadWrite', 'Read and change your todos', 'd0541a5a-2c33-4f5b-9a43-6a07e5d8a002'],
]
const ROLES: readonly Wanted[] = [
  ['ToDoList.Read.All', 'Read all todos', 'd0541a5a-2c33-4f5b-9a43-6a07e5d8a003'],
  ['ToDoList.ReadWrite.All', 'Read and change all todos', 'd0541a5a-2c33-4f5b-9a43-6a07e5d8a004'],
]

/** The names that the API asks for are those of core/permissions.ts; this fails at once where they part. */
export const ROLE_VALUES: readonly string[] = READ.roles
export const SCOPE_VALUES: readonly string[] = READ.scopes

/** What to create the API with. Its identifier URI needs the client id that Graph gives it. */
export function newApi(displayName: string): Differences {
  const nothing = { identifierUris: [], appRoles: [], optionalClaims: null }
  const api = { requestedAccessTokenVersion: null, oauth2PermissionScopes: [] }
  const { identifierUris: _, ...rest } = differencesOfApi(
    { ...NOTHING, ...nothing, appId: '', api },
    displayName,
  )
  return rest
}

const NOTHING = { displayName: '', tags: [], signInAudience: '', requiredResourceAccess: [] } as const

/** What the API lacks. What somebody added to it stays. */
export function differencesOfApi(
  present: Common & Pick<Application, 'appId' | 'identifierUris' | 'api' | 'appRoles' | 'optionalClaims'>,
  displayName: string,
): Differences {
  const uri = `api://${present.appId}`
  const { oauth2PermissionScopes: scopes, requestedAccessTokenVersion } = present.api
  const wantedScopes = completed(scopes, SCOPES, newScope)
  const appRoles = completed(present.appRoles, ROLES, newRole)
  const claims = present.optionalClaims?.accessToken ?? []
  return {
    ...common(present, displayName),
    ...(present.identifierUris.includes(uri) ? {} : { identifierUris: [...present.identifierUris, uri] }),
    ...(wantedScopes === scopes && requestedAccessTokenVersion === 2
      ? {}
      : { api: { ...present.api, requestedAccessTokenVersion: 2, oauth2PermissionScopes: wantedScopes } }),
    ...(appRoles === present.appRoles ? {} : { appRoles }),
    ...(claims.some(({ name }) => name === 'idtyp')
      ? {}
      : { optionalClaims: { ...present.optionalClaims, accessToken: [...claims, { name: 'idtyp' }] } }),
  }
}

/** The ids of the API's that a client's permissions name. */
export interface ApiIds {
  readonly appId: string
  readonly roleIds: readonly string[]
  readonly scopeIds: readonly string[]
}

export function idsOfApi({ appId, appRoles, api }: Application): ApiIds {
  const named = (entries: readonly { id: string; value: string }[], values: readonly string[]) =>
    entries.filter(({ value }) => values.includes(value)).map(({ id }) => id)
  return {
    appId,
    roleIds: named(appRoles, ROLE_VALUES),
    scopeIds: named(api.oauth2PermissionScopes, SCOPE_VALUES),
  }
}

export function newDaemon(displayName: string, api: ApiIds): Differences {
  return differencesOfDaemon(NOTHING, api, displayName)
}

/** What the daemon's app lacks: the app roles. */
export function differencesOfDaemon(present: Client, api: ApiIds, displayName: string): Differences {
  const asked = api.roleIds.map((id) => ({ id, type: 'Role' as const }))
  return { ...common(present, displayName), ...asksFor(present, api.appId, asked) }
}

export function newLogin(displayName: string, api: ApiIds): Differences {
  return differencesOfLogin({ ...NOTHING, isFallbackPublicClient: false }, api, displayName)
}

/** What the public client lacks with which users sign in: the scopes, and that it may. */
export function differencesOfLogin(
  present: Client & Pick<Application, 'isFallbackPublicClient'>,
  api: ApiIds,
  displayName: string,
): Differences {
  const asked = api.scopeIds.map((id) => ({ id, type: 'Scope' as const }))
  return {
    ...common(present, displayName),
    ...(present.isFallbackPublicClient ? {} : { isFallbackPublicClient: true }),
    ...asksFor(present, api.appId, asked),
  }
}

type Common = Pick<Application, 'displayName' | 'signInAudience' | 'tags'>
type Client = Common & Pick<Application, 'requiredResourceAccess'>

/** The permissions that a client asks for, beside those that somebody added. */
function asksFor(
  { requiredResourceAccess }: Client,
  appId: string,
  wanted: RequiredResourceAccess['resourceAccess'],
): Differences {
  const known =
    requiredResourceAccess.find(({ resourceAppId }) => resourceAppId === appId)?.resourceAccess ?? []
  const missing = wanted.filter(({ id }) => !known.some((each) => each.id === id))
  const others = requiredResourceAccess.filter(({ resourceAppId }) => resourceAppId !== appId)
  const access = { resourceAppId: appId, resourceAccess: [...known, ...missing] }
  return missing.length > 0 ? { requiredResourceAccess: [...others, access] } : {}
}

function common({ displayName, signInAudience, tags }: Common, name: string): Differences {
  return {
    ...(displayName === name ? {} : { displayName: name }),
    ...(signInAudience === 'AzureADMyOrg' ? {} : { signInAudience: 'AzureADMyOrg' }),
    ...(tags.includes(TAG) ? {} : { tags: [...tags, TAG] }),
  }
}

/** The same list where nothing is missing; an entry that was disabled is enabled again under its id. */
function completed<T extends { readonly id: string; readonly value: string; readonly isEnabled: boolean }>(
  present: readonly T[],
  wanted: readonly Wanted[],
  make: (...entry: Wanted) => T,
): readonly T[] {
  const isWanted = (value: string) => wanted.some(([each]) => each === value)
  const missing = wanted.filter(([value]) => !present.some((entry) => entry.value === value))
  const disabled = present.some(({ value, isEnabled }) => isWanted(value) && !isEnabled)
  if (missing.length === 0 && !disabled) return present
  const enabled = present.map((entry) => (isWanted(entry.value) ? { ...entry, isEnabled: true } : entry))
  // Somebody gave the entry with this id another value: that one is theirs now.
  const idFor = (id: string) => (present.some((entry) => entry.id === id) ? randomUUID() : id)
  return [...enabled, ...missing.map(([value, name, id]) => make(value, name, idFor(id)))]
}

const newScope = (value: string, name: string, id: string): PermissionScope => ({
  id,
  value,
  isEnabled: true,
  type: 'Admin',
  adminConsentDisplayName: name,
  adminConsentDescription: name,
})

const newRole = (value: string, name: string, id: string): AppRole => ({
  id,
  value,
  isEnabled: true,
  displayName: value,
  description: name,
  allowedMemberTypes: ['Application'],
})
