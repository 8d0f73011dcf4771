/**
 * The directory: app registrations, their service principals, and who was given which role. Shapes are those of
 * Microsoft Graph v1.0 (https://learn.microsoft.com/graph/api/resources/application), so Graph serves them as they are.
 */
import type { Collection, Store } from './store.ts'

export interface Application {
  /** The object id. Graph addresses an application by it. */
  readonly id: string
  /** The client id. Never the same GUID as the object id, nor as the service principal's. */
  readonly appId: string
  readonly displayName: string
  /** The key that its creator chose, where it did. Never used twice, not even after the app was deleted. */
  readonly uniqueName?: string
  readonly createdDateTime: string
  readonly signInAudience: string
  readonly identifierUris: readonly string[]
  /** A public client (device code) has no credential. */
  readonly isFallbackPublicClient: boolean
  readonly api: {
    /** Decides the version of the tokens for this resource, whichever endpoint is asked. null means 1. */
    readonly requestedAccessTokenVersion: 1 | 2 | null
    readonly oauth2PermissionScopes: readonly PermissionScope[]
    /** Clients that need nobody's consent for these scopes. */
    readonly preAuthorizedApplications?: readonly PreAuthorizedApplication[]
  }
  readonly appRoles: readonly AppRole[]
  readonly requiredResourceAccess: readonly unknown[]
  /** Claims of access tokens count by their name; all the rest is kept as it came. */
  readonly optionalClaims: { readonly accessToken: readonly { readonly name: string }[] } | null
  readonly keyCredentials: readonly KeyCredential[]
  readonly passwordCredentials: readonly PasswordCredential[]
  readonly federatedCredentials: readonly FederatedCredential[]
  /** Object ids of the owners. */
  readonly owners: readonly string[]
  /** Members that Graph keeps and the tenant does not look at: `web`, `spa`, `tags`, `notes`. */
  readonly others: Readonly<Record<string, unknown>>
}

export interface PermissionScope {
  readonly id: string
  readonly value: string
  readonly isEnabled: boolean
  readonly type: string
  readonly adminConsentDisplayName?: string
  readonly adminConsentDescription?: string
}

export interface PreAuthorizedApplication {
  /** The client. */
  readonly appId: string
  /** Ids of scopes. */
  readonly delegatedPermissionIds: readonly string[]
}

export interface AppRole {
  readonly id: string
  readonly value: string
  readonly isEnabled: boolean
  readonly displayName: string
  readonly description: string
  readonly allowedMemberTypes: readonly string[]
}

/** The public part of a certificate, registered with an app. */
export interface KeyCredential {
  readonly keyId: string
  /** SHA-1 of the certificate, hexadecimal. */
  readonly customKeyIdentifier: string
  readonly displayName: string | null
  /** ISO 8601, UTC. */
  readonly startDateTime: string
  readonly endDateTime: string
  readonly type: 'AsymmetricX509Cert'
  readonly usage: 'Verify'
  /** The certificate, DER in base64. */
  readonly key: string
}

/** Whose tokens stand for the app: those of this issuer, for this subject and one of these audiences. */
export interface FederatedCredential {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]
  readonly description: string | null
}

export interface PasswordCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly startDateTime: string
  readonly endDateTime: string
  /** The first three characters. */
  readonly hint: string
  /** SHA-256 of the secret, hexadecimal: 240 random bits need no salt. */
  readonly sha256: string
}

export interface ServicePrincipal {
  readonly id: string
  readonly appId: string
  readonly displayName: string
  readonly accountEnabled: boolean
  /** When true, a client without an app role of this resource gets no token for it. */
  readonly appRoleAssignmentRequired: boolean
  readonly owners: readonly string[]
  /** Credentials of its own, beside those of its application: they are as good. */
  readonly passwordCredentials?: readonly PasswordCredential[]
  readonly keyCredentials?: readonly KeyCredential[]
  /** Members that Graph keeps and the tenant does not look at. */
  readonly others?: Readonly<Record<string, unknown>>
}

/** A service principal, or a user. */
export type Principal = Pick<ServicePrincipal, 'id'>

/** The app role of an assignment that gives access and no role. */
export const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000'

/**
 * An app role of `resourceId` (a service principal), given to `principalId` (a service principal, which counts as admin
 * consent, or a user).
 */
export interface AppRoleAssignment {
  readonly id: string
  readonly principalId: string
  readonly resourceId: string
  readonly appRoleId: string
  readonly createdDateTime: string
}

/** Delegated permissions that were consented to: for all users, or for one. */
export interface PermissionGrant {
  readonly id: string
  /** The client's service principal. */
  readonly clientId: string
  readonly consentType: 'AllPrincipals' | 'Principal'
  /** The user, where it is for one. */
  readonly principalId: string | null
  /** The resource's service principal. */
  readonly resourceId: string
  /** Space-separated. */
  readonly scope: string
}

export interface DirectoryCollections {
  readonly applications: Collection<Application>
  readonly servicePrincipals: Collection<ServicePrincipal>
  readonly appRoleAssignments: Collection<AppRoleAssignment>
  readonly grants: Collection<PermissionGrant>
}

export interface Directory extends DirectoryCollections {
  applicationOf(appId: string): Application | undefined
  servicePrincipalOf(appId: string): ServicePrincipal | undefined
  /** The resource that a scope names: by its app id, or one of its identifier URIs. */
  resourceNamed(uri: string): Application | undefined
  /** The values of the app roles that a client, or a user, holds on a resource. */
  rolesOf(principal: Principal, resource: Application): string[]
  /** False where the resource asks for an assignment, and this principal has none. */
  mayUse(principal: Principal, resource: Application): boolean
}

/** The directory kept in a store. */
export function openDirectory(store: Store): Directory {
  return directoryOver({
    applications: store.collection<Application>('application'),
    servicePrincipals: store.collection<ServicePrincipal>('servicePrincipal'),
    appRoleAssignments: store.collection<AppRoleAssignment>('appRoleAssignment'),
    grants: store.collection<PermissionGrant>('permissionGrant'),
  })
}

/** The look-ups, over collections of any kind. */
export function directoryOver(collections: DirectoryCollections): Directory {
  const { applications, servicePrincipals, appRoleAssignments } = collections
  const sameId = (id: string) => {
    const wanted = id.toLowerCase()
    return (entry: { appId: string }) => entry.appId === wanted
  }
  const presenceOf = (appId: string) => servicePrincipals.all().find(sameId(appId))
  const assignedTo = (principal: Principal, resource: Application) => {
    const resourceId = presenceOf(resource.appId)?.id
    return appRoleAssignments
      .all()
      .filter((entry) => entry.principalId === principal.id && entry.resourceId === resourceId)
  }
  const rolesOf = (principal: Principal, resource: Application) => {
    const assigned = assignedTo(principal, resource)
    const isHeld = ({ id, isEnabled }: AppRole) =>
      isEnabled && assigned.some(({ appRoleId }) => appRoleId === id)
    return resource.appRoles.filter(isHeld).map(({ value }) => value)
  }
  return {
    ...collections,
    applicationOf: (appId) => applications.all().find(sameId(appId)),
    servicePrincipalOf: presenceOf,
    resourceNamed: (uri) => {
      const wanted = withoutSlash(uri)
      const id = wanted.toLowerCase()
      return applications
        .all()
        .find(
          ({ appId, identifierUris }) =>
            appId === id || identifierUris.some((known) => withoutSlash(known) === wanted),
        )
    },
    rolesOf,
    mayUse: (principal, resource) =>
      !presenceOf(resource.appId)?.appRoleAssignmentRequired ||
      assignedTo(principal, resource).some(({ appRoleId }) => appRoleId === DEFAULT_ACCESS) ||
      rolesOf(principal, resource).length > 0,
  }
}

/** `https://graph.microsoft.com/` and `https://graph.microsoft.com` name the same resource. */
function withoutSlash(uri: string): string {
  return uri.endsWith('/') ? uri.slice(0, -1) : uri
}
