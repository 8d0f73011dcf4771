/** Consent: which delegated permissions of a resource a client was granted, for all users or for one. */
import { randomUUID } from 'node:crypto'
import type { Application, Directory, PermissionGrant, ServicePrincipal } from '../directory.ts'
import { EntraError } from './errors.ts'
import type { UserScope } from './user-scope.ts'

interface Asked {
  readonly principal: ServicePrincipal
  readonly resource: Application
  readonly userId: string
}

/** The scopes that were consented to, and those for which the resource asks no consent of this client. */
export function consentedScopes(asked: Asked, directory: Directory): string[] {
  const { principal, resource, userId } = asked
  const resourceId = directory.servicePrincipalOf(resource.appId)?.id
  const grants = directory.grants
    .all()
    .filter((grant) => grant.clientId === principal.id && grant.resourceId === resourceId)
    .filter(({ consentType, principalId }) => consentType === 'AllPrincipals' || principalId === userId)
  const granted = grants.flatMap(({ scope }) => scope.split(' ').filter(Boolean))
  return [...new Set([...granted, ...preAuthorizedScopes(asked)])]
}

/** https://learn.microsoft.com/graph/api/resources/preauthorizedapplication */
function preAuthorizedScopes({ principal, resource: { api } }: Asked): string[] {
  const ids = (api.preAuthorizedApplications ?? [])
    .filter(({ appId }) => appId === principal.appId)
    .flatMap(({ delegatedPermissionIds }) => delegatedPermissionIds)
  return api.oauth2PermissionScopes.filter(({ id }) => ids.includes(id)).map(({ value }) => value)
}

/** Keeps what a user consented to, beside what they had before. */
export function storeConsent(asked: Asked, scopes: readonly string[], directory: Directory): void {
  const { principal, resource, userId } = asked
  const resourceId = directory.servicePrincipalOf(resource.appId)?.id
  if (resourceId === undefined || scopes.length === 0) return
  const known = directory.grants
    .all()
    .find(
      (grant) =>
        grant.clientId === principal.id && grant.resourceId === resourceId && grant.principalId === userId,
    )
  const scope = [...new Set([...(known?.scope.split(' ') ?? []), ...scopes])].join(' ')
  const grant: PermissionGrant = known ?? {
    id: randomUUID(),
    clientId: principal.id,
    consentType: 'Principal',
    principalId: userId,
    resourceId,
    scope,
  }
  directory.grants.put({ ...grant, scope })
}

/**
 * The scopes that a client gets without anybody being asked again: those that it names, or with `.default` all that it
 * has consent for (https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-default-scope).
 *
 * @throws EntraError 65001
 */
export function assertConsented(
  client: Application,
  asked: Asked,
  { scopes, isDefault }: Pick<UserScope, 'scopes' | 'isDefault'>,
  directory: Directory,
): readonly string[] {
  const granted = consentedScopes(asked, directory)
  const given = scopes.filter((scope) => granted.includes(scope))
  if (isDefault ? given.length > 0 : given.length === scopes.length) return given
  throw new EntraError(
    400,
    'invalid_grant',
    65001,
    `The user or administrator has not consented to use the application with ID '${client.appId}' named '${client.displayName}'. Send an interactive authorization request for this user and resource.`,
    client.appId,
  )
}
