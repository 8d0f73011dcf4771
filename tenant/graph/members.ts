/** Which members Graph's types have, so that `$select` of another is refused, as Graph does. */

/** Those that the tenant never shows are here, too: to ask for them is no mistake. */
const MEMBERS: Readonly<Record<string, string>> = {
  // https://learn.microsoft.com/graph/api/resources/application
  application:
    'addIns api appId appRoles applicationTemplateId authenticationBehaviors certification createdByAppId createdDateTime defaultRedirectUri deletedDateTime description disabledByMicrosoftStatus displayName groupMembershipClaims id identifierUris info isDeviceOnlyAuthSupported isDisabled isFallbackPublicClient keyCredentials logo nativeAuthenticationApisEnabled notes oauth2RequirePostResponse optionalClaims parentalControlSettings passwordCredentials publicClient publisherDomain requestSignatureVerification requiredResourceAccess samlMetadataUrl serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags tokenEncryptionKeyId uniqueName verifiedPublisher web appManagementPolicies createdOnBehalfOf extensionProperties federatedIdentityCredentials homeRealmDiscoveryPolicies owners synchronization tokenIssuancePolicies tokenLifetimePolicies',
  // https://learn.microsoft.com/graph/api/resources/serviceprincipal
  servicePrincipal:
    'accountEnabled addIns alternativeNames appDescription appDisplayName appId appOwnerOrganizationId appRoleAssignmentRequired appRoles applicationTemplateId createdByAppId customSecurityAttributes deletedDateTime description disabledByMicrosoftStatus displayName homepage id info isDisabled keyCredentials loginUrl logoutUrl notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode preferredTokenSigningKeyThumbprint replyUrls resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher appManagementPolicies appRoleAssignedTo appRoleAssignments claimsMappingPolicies createdObjects delegatedPermissionClassifications endpoints federatedIdentityCredentials homeRealmDiscoveryPolicies memberOf oauth2PermissionGrants ownedObjects owners remoteDesktopSecurityConfiguration synchronization tokenIssuancePolicies tokenLifetimePolicies transitiveMemberOf',
  // https://learn.microsoft.com/graph/api/resources/approleassignment
  appRoleAssignment:
    'appRoleId createdDateTime deletedDateTime id principalDisplayName principalId principalType resourceDisplayName resourceId',
  // https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
  oAuth2PermissionGrant: 'clientId consentType id principalId resourceId scope',
  // https://learn.microsoft.com/graph/api/resources/federatedidentitycredential
  federatedIdentityCredential: 'audiences claimsMatchingExpression description id issuer name subject',
}

const TYPES = new Map(
  Object.entries(MEMBERS).map(([type, members]) => [
    type.toLowerCase(),
    { type, members: members.split(' ') },
  ]),
)

/**
 * The first of these names that no member of the type has; undefined where all are members, or where the tenant does
 * not know the type's members (users, and what can be one of several types).
 *
 * @param collection as in addresses: `applications`
 */
export function unknownMember(
  collection: string,
  names: readonly string[],
): { readonly name: string; readonly type: string } | undefined {
  const known = TYPES.get(collection.replace(/s$/, '').toLowerCase())
  const name = known && names.find((each) => !known.members.includes(each))
  return name === undefined ? undefined : { name, type: known?.type ?? '' }
}
