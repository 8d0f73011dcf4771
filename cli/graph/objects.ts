/**
 * What Microsoft Graph v1.0 says and takes of app registrations, as far as this program looks at it.
 *
 * https://learn.microsoft.com/graph/api/resources/application and the pages beside it
 */

/** https://learn.microsoft.com/graph/api/resources/keycredential */
export interface KeyCredential {
  readonly keyId?: string
  readonly displayName?: string | null
  readonly type: string
  readonly usage: string
  /** Base64 of the certificate in DER; null in answers that do not select it. */
  readonly key?: string | null
  /** SHA-1 of the certificate: base64, or hexadecimal in some answers. */
  readonly customKeyIdentifier?: string | null
  readonly startDateTime?: string
  readonly endDateTime?: string
}

/** https://learn.microsoft.com/graph/api/resources/passwordcredential */
export interface PasswordCredential {
  readonly keyId: string
  readonly displayName?: string | null
  /** The first three characters of the secret. */
  readonly hint?: string | null
  readonly startDateTime?: string | null
  readonly endDateTime?: string | null
  /** In the answer to addPassword only. */
  readonly secretText?: string | null
}

/** A delegated permission. https://learn.microsoft.com/graph/api/resources/permissionscope */
export interface PermissionScope {
  readonly id: string
  readonly value: string
  readonly isEnabled: boolean
  readonly type: string
  readonly adminConsentDisplayName?: string | null
  readonly adminConsentDescription?: string | null
}

/** https://learn.microsoft.com/graph/api/resources/approle */
export interface AppRole {
  readonly id: string
  readonly value: string
  readonly isEnabled: boolean
  readonly displayName: string
  readonly description: string
  readonly allowedMemberTypes: readonly string[]
}

/** https://learn.microsoft.com/graph/api/resources/requiredresourceaccess */
export interface RequiredResourceAccess {
  readonly resourceAppId: string
  readonly resourceAccess: readonly { readonly id: string; readonly type: 'Role' | 'Scope' }[]
}

/** Members that can be set when an application is created or changed. */
export interface ApplicationBody {
  readonly displayName: string
  readonly signInAudience: string
  readonly identifierUris: readonly string[]
  readonly tags: readonly string[]
  readonly api: {
    readonly requestedAccessTokenVersion: number | null
    readonly oauth2PermissionScopes: readonly PermissionScope[]
  }
  readonly appRoles: readonly AppRole[]
  readonly optionalClaims: { readonly accessToken: readonly { readonly name: string }[] } | null
  /** Whether it may sign users in without a secret: a public client. */
  readonly isFallbackPublicClient: boolean
  readonly requiredResourceAccess: readonly RequiredResourceAccess[]
}

export interface Application extends ApplicationBody {
  /** The object id, which is not the client id. */
  readonly id: string
  readonly appId: string
  /** A key that its creator chose. */
  readonly uniqueName: string | null
  readonly keyCredentials: readonly KeyCredential[]
  readonly passwordCredentials: readonly PasswordCredential[]
}

export interface ServicePrincipal {
  readonly id: string
  readonly appId: string
  readonly displayName: string
  /** Without it nobody gets a token: absent in some answers. */
  readonly accountEnabled?: boolean | null
}

/** https://learn.microsoft.com/graph/api/resources/approleassignment */
export interface AppRoleAssignment {
  readonly id: string
  readonly principalId: string
  readonly resourceId: string
  readonly appRoleId: string
}

/** https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant */
export interface PermissionGrant {
  readonly id: string
  readonly clientId: string
  readonly resourceId: string
  readonly consentType: string
  readonly scope: string
}

/** https://learn.microsoft.com/graph/api/resources/organization */
export interface Organization {
  readonly id: string
  readonly displayName: string
  /** `CIAM` is an external tenant (Entra External ID); absent where Graph does not say. */
  readonly tenantType?: string | null
  readonly verifiedDomains?: readonly { readonly name: string; readonly isInitial?: boolean }[]
}
