/** Consent: which delegated permissions of a resource a client was granted, for all users or for one. */
import { randomUUID } from 'node:crypto'
import type { Application, Directory, PermissionGrant, ServicePrincipal } from '../directory.ts'
import { EntraError } from './errors.ts'

interface Asked {
  readonly principal: ServicePrincipal
  readonly resource: Application
  readonly userId: string
}

/** The scopes that were consented to. */
export function consentedScopes({ principal, resource, userId }: Asked, directory: Directory): string[] {
  const resourceId = directory.servicePrincipalOf(resource.appId)?.id
  const grants = directory.grants
    .all()
    .filter((grant) => grant.clientId === principal.id && grant.resourceId === resourceId)
    .filter(({ consentType, principalId }) => consentType === 'AllPrincipals' || principalId === userId)
  return [...new Set(grants.flatMap(({ scope }) => scope.split(' ').filter(Boolean)))]
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

/** @throws EntraError 65001 */
export function assertConsented(
  client: Application,
  asked: Asked,
  scopes: readonly string[],
  directory: Directory,
) {
  const granted = consentedScopes(asked, directory)
  if (scopes.every((scope) => granted.includes(scope))) return
  throw new EntraError(
    400,
    'invalid_grant',
    65001,
    `The user or administrator has not consented to use the application with ID '${client.appId}' named '${client.displayName}'. Send an interactive authorization request for this user and resource.`,
    client.appId,
  )
}
