/**
 * The two app registrations as they are to be, after Microsoft's daemon sample: the API with its scopes and app roles, and
 * the daemon that holds both roles.
 */
import { randomUUID } from 'node:crypto'
import { READ } from '../../core/permissions.ts'
import type { Application, ApplicationBody, AppRole, PermissionScope } from '../graph/objects.ts'

/** Marks what this program made, so that it removes nothing else. */
export const TAG = 'todo-cli'

/** Members that differ, by their names in Graph, with their new values. */
export type Differences = Partial<ApplicationBody>

const SCOPES: readonly (readonly [value: string, name: string])[] = [
  ['ToDoList.Read', 'Read your todos'],
  ['ToDoList.ReadWrite', 'Read and change your todos'],
]
const ROLES: readonly (readonly [value: string, name: string])[] = [
  ['ToDoList.Read.All', 'Read all todos'],
  ['ToDoList.ReadWrite.All', 'Read and change all todos'],
]

/** The names that the API asks for are those of core/permissions.ts; this fails at once where they part. */
export const ROLE_VALUES: readonly string[] = READ.roles
export const SCOPE_VALUES: readonly string[] = READ.scopes

/** What to create the API with. Its identifier URI needs the client id that Graph gives it. */
export function newApi(displayName: string): Partial<ApplicationBody> {
  const nothing = { identifierUris: [], tags: [], appRoles: [], optionalClaims: null, signInAudience: '' }
  const api = { requestedAccessTokenVersion: null, oauth2PermissionScopes: [] }
  const { identifierUris: _, ...rest } = differencesOfApi({ ...nothing, appId: '', api })
  return { displayName, ...rest }
}

/** What the API lacks. What somebody added to it stays. */
export function differencesOfApi(
  present: Pick<Application, 'appId' | 'signInAudience' | 'identifierUris' | 'tags' | 'api' | 'appRoles'> & {
    readonly optionalClaims: ApplicationBody['optionalClaims']
  },
): Differences {
  const uri = `api://${present.appId}`
  const { oauth2PermissionScopes: scopes, requestedAccessTokenVersion } = present.api
  const wantedScopes = completed(scopes, SCOPES, newScope)
  const appRoles = completed(present.appRoles, ROLES, newRole)
  const claims = present.optionalClaims?.accessToken ?? []
  return {
    ...common(present),
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

/** The ids that the daemon's permissions name. */
export interface ApiIds {
  readonly appId: string
  readonly roleIds: readonly string[]
  /** Empty where no delegated permission is asked for. */
  readonly scopeIds: readonly string[]
}

/** @param delegated whether the daemon asks for the delegated permissions too */
export function idsOfApi({ appId, appRoles, api }: Application, delegated: boolean): ApiIds {
  const named = (entries: readonly { id: string; value: string }[], values: readonly string[]) =>
    entries.filter(({ value }) => values.includes(value)).map(({ id }) => id)
  return {
    appId,
    roleIds: named(appRoles, ROLE_VALUES),
    scopeIds: delegated ? named(api.oauth2PermissionScopes, SCOPE_VALUES) : [],
  }
}

export function newDaemon(displayName: string, api: ApiIds): Partial<ApplicationBody> {
  const nothing = { requiredResourceAccess: [], tags: [], signInAudience: '' }
  return { displayName, ...differencesOfDaemon(nothing, api) }
}

/** What the daemon's app lacks. */
export function differencesOfDaemon(
  present: Pick<Application, 'signInAudience' | 'tags' | 'requiredResourceAccess'>,
  { appId, roleIds, scopeIds }: ApiIds,
): Differences {
  const { requiredResourceAccess } = present
  const known =
    requiredResourceAccess.find(({ resourceAppId }) => resourceAppId === appId)?.resourceAccess ?? []
  const wanted = [
    ...roleIds.map((id) => ({ id, type: 'Role' as const })),
    ...scopeIds.map((id) => ({ id, type: 'Scope' as const })),
  ]
  const missing = wanted.filter(({ id }) => !known.some((each) => each.id === id))
  const others = requiredResourceAccess.filter(({ resourceAppId }) => resourceAppId !== appId)
  const access = { resourceAppId: appId, resourceAccess: [...known, ...missing] }
  return {
    ...common(present),
    ...(missing.length > 0 ? { requiredResourceAccess: [...others, access] } : {}),
  }
}

function common({ signInAudience, tags }: Pick<Application, 'signInAudience' | 'tags'>): Differences {
  return {
    ...(signInAudience === 'AzureADMyOrg' ? {} : { signInAudience: 'AzureADMyOrg' }),
    ...(tags.includes(TAG) ? {} : { tags: [...tags, TAG] }),
  }
}

/** The same list where nothing is missing; an entry that was disabled is enabled again under its id. */
function completed<T extends { readonly value: string; readonly isEnabled: boolean }>(
  present: readonly T[],
  wanted: readonly (readonly [value: string, name: string])[],
  make: (value: string, name: string) => T,
): readonly T[] {
  const isWanted = (value: string) => wanted.some(([each]) => each === value)
  const missing = wanted.filter(([value]) => !present.some((entry) => entry.value === value))
  const disabled = present.some(({ value, isEnabled }) => isWanted(value) && !isEnabled)
  if (missing.length === 0 && !disabled) return present
  const enabled = present.map((entry) => (isWanted(entry.value) ? { ...entry, isEnabled: true } : entry))
  return [...enabled, ...missing.map(([value, name]) => make(value, name))]
}

const newScope = (value: string, name: string): PermissionScope => ({
  id: randomUUID(),
  value,
  isEnabled: true,
  type: 'Admin',
  adminConsentDisplayName: name,
  adminConsentDescription: name,
})

const newRole = (value: string, name: string): AppRole => ({
  id: randomUUID(),
  value,
  isEnabled: true,
  displayName: value,
  description: name,
  allowedMemberTypes: ['Application'],
})
