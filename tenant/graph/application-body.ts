/** The members of an application, as a POST or PATCH sends them, read at the door. */
import type { Application, AppRole, PermissionScope, PreAuthorizedApplication } from '../directory.ts'
import { isGuid, isObject, type Json } from './context.ts'
import { badRequest, GraphError } from './errors.ts'
import { readKeyCredentials } from './key-credentials.ts'

type Changes = { -readonly [K in keyof Application]?: Application[K] }

/** Members that are kept as they come: the tenant does not look at them. */
const OTHERS = ['web', 'spa', 'publicClient', 'tags', 'notes', 'description', 'info', 'groupMembershipClaims']
const AUDIENCES = [
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
]

/**
 * What changes about an application.
 *
 * @throws GraphError 400 for a member or value that Graph does not take
 */
export function readApplication(body: Json, present?: Application): Changes {
  const changes: Changes = {}
  for (const [name, value] of Object.entries(body)) readMember(changes, name, value, present)
  return changes
}

function readMember(changes: Changes, name: string, value: unknown, present: Application | undefined): void {
  if (name.startsWith('@odata.')) return
  if (OTHERS.includes(name)) {
    changes.others = { ...present?.others, ...changes.others, [name]: value }
    return
  }
  switch (name) {
    case 'displayName':
      changes.displayName = text(value, name)
      return
    case 'signInAudience':
      if (!AUDIENCES.includes(text(value, name))) throw invalid(name)
      changes.signInAudience = text(value, name)
      return
    case 'identifierUris':
      changes.identifierUris = list(value, name).map((uri) => text(uri, name))
      return
    case 'uniqueName':
      // It is given once: a PATCH may set it where there is none.
      if (typeof present?.uniqueName === 'string' && present.uniqueName !== value) throw invalid(name)
      changes.uniqueName = text(value, name)
      return
    case 'isFallbackPublicClient':
      if (value !== null && typeof value !== 'boolean') throw invalid(name)
      changes.isFallbackPublicClient = value ?? false
      return
    case 'api':
      changes.api = readApi(value, present)
      return
    case 'appRoles':
      changes.appRoles = list(value, name).map(readAppRole)
      assertDisabledFirst(present?.appRoles ?? [], changes.appRoles)
      return
    case 'optionalClaims':
      changes.optionalClaims = readOptionalClaims(value)
      return
    case 'requiredResourceAccess':
      changes.requiredResourceAccess = list(value, name)
      return
    case 'keyCredentials':
      changes.keyCredentials = readKeyCredentials(value, present?.keyCredentials ?? [])
      return
    case 'passwordCredentials':
      // Graph takes no secret of the caller's making: addPassword makes them. Emptying the list is allowed.
      if (list(value, name).length > 0)
        throw badRequest("Property 'passwordCredentials' can not be set; use addPassword.")
      changes.passwordCredentials = []
      return
    default:
      throw badRequest(`Invalid property '${name}'.`)
  }
}

function readApi(value: unknown, present: Application | undefined): Application['api'] {
  if (!isObject(value)) throw invalid('api')
  const {
    requestedAccessTokenVersion: version,
    oauth2PermissionScopes: scopes,
    preAuthorizedApplications: preAuthorized,
  } = value
  if (version !== undefined && version !== null && version !== 1 && version !== 2)
    throw invalid('requestedAccessTokenVersion')
  const before = present?.api
  const oauth2PermissionScopes =
    scopes === undefined
      ? (before?.oauth2PermissionScopes ?? [])
      : list(scopes, 'oauth2PermissionScopes').map(readScope)
  assertDisabledFirst(before?.oauth2PermissionScopes ?? [], oauth2PermissionScopes)
  const preAuthorizedApplications =
    preAuthorized === undefined
      ? (before?.preAuthorizedApplications ?? [])
      : list(preAuthorized, 'preAuthorizedApplications').map((entry) =>
          readPreAuthorized(entry, oauth2PermissionScopes),
        )
  return {
    requestedAccessTokenVersion:
      version === undefined ? (before?.requestedAccessTokenVersion ?? null) : version,
    oauth2PermissionScopes,
    preAuthorizedApplications,
  }
}

/** @throws GraphError 400, also for a scope that the application does not have */
function readPreAuthorized(value: unknown, scopes: readonly PermissionScope[]): PreAuthorizedApplication {
  const name = 'preAuthorizedApplications'
  if (!isObject(value)) throw invalid(name)
  const delegatedPermissionIds = list(value.delegatedPermissionIds, name).map((id) => guid(id, name))
  const unknown = delegatedPermissionIds.find((id) => !scopes.some((scope) => scope.id === id))
  if (unknown !== undefined) {
    throw badRequest(
      `Property api.preAuthorizedApplications refers to the scope '${unknown}', which is not in oauth2PermissionScopes.`,
    )
  }
  return { appId: guid(value.appId, name), delegatedPermissionIds }
}

/** A scope or a role that clients may hold is not pulled away under them. @throws GraphError 400 */
function assertDisabledFirst(
  before: readonly { id: string; isEnabled: boolean }[],
  after: readonly { id: string }[],
): void {
  const gone = before.find(({ id, isEnabled }) => isEnabled && !after.some((entry) => entry.id === id))
  if (gone === undefined) return
  throw new GraphError(
    400,
    'CannotDeleteOrUpdateEnabledEntitlement',
    'Permission (scope or role) cannot be deleted or updated unless disabled first.',
  )
}

function readScope(value: unknown): PermissionScope {
  if (!isObject(value)) throw invalid('oauth2PermissionScopes')
  const { id, value: name, isEnabled, type, adminConsentDisplayName, adminConsentDescription } = value
  return {
    id: guid(id, 'oauth2PermissionScopes'),
    value: text(name, 'oauth2PermissionScopes'),
    isEnabled: isEnabled !== false,
    type: type === 'User' ? 'User' : 'Admin',
    ...(typeof adminConsentDisplayName === 'string' ? { adminConsentDisplayName } : {}),
    ...(typeof adminConsentDescription === 'string' ? { adminConsentDescription } : {}),
  }
}

function readAppRole(entry: unknown): AppRole {
  if (!isObject(entry)) throw invalid('appRoles')
  const { id, value, isEnabled, displayName, description, allowedMemberTypes } = entry
  const members = list(allowedMemberTypes, 'allowedMemberTypes').map((member) =>
    text(member, 'allowedMemberTypes'),
  )
  if (members.length === 0 || members.some((member) => member !== 'User' && member !== 'Application')) {
    throw invalid('allowedMemberTypes')
  }
  return {
    id: guid(id, 'appRoles'),
    value: text(value, 'appRoles'),
    isEnabled: isEnabled !== false,
    displayName: text(displayName, 'displayName'),
    description: text(description, 'description'),
    allowedMemberTypes: members,
  }
}

function readOptionalClaims(value: unknown): Application['optionalClaims'] {
  if (value === null) return null
  if (!isObject(value)) throw invalid('optionalClaims')
  const accessToken = list(value.accessToken ?? [], 'optionalClaims').map((claim) => {
    if (isObject(claim)) return { ...claim, name: text(claim.name, 'optionalClaims') }
    throw invalid('optionalClaims')
  })
  return { ...value, accessToken }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 1024) return value
  throw invalid(name)
}

function guid(value: unknown, name: string): string {
  if (isGuid(value)) return value.toLowerCase()
  throw invalid(name)
}

function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value) && value.length <= 1000) return value
  throw invalid(name)
}

function invalid(name: string): GraphError {
  return badRequest(`Invalid value specified for property '${name}' of resource 'Application'.`)
}
