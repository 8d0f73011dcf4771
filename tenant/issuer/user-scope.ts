/** Scopes of a delegated token: which resource, which of its scopes, which of OpenID Connect's. */
import type { Application, Directory } from '../directory.ts'
import { EntraError } from './errors.ts'
import { OPENID, takeApart, unknownResource } from './scope.ts'

const GRAPH = 'https://graph.microsoft.com'

export interface UserScope {
  /** As the client named the resource. */
  readonly uri: string
  readonly resource: Application
  /** Scope values of the resource. */
  readonly scopes: readonly string[]
  readonly openid: readonly string[]
  /** `.default`: no scope was named. */
  readonly isDefault: boolean
}

/**
 * Takes a `scope` apart. `.default` stands for all that the resource has.
 *
 * @throws EntraError 70011, 500011, 650053
 */
export function userScope(
  scope: string,
  directory: Directory,
  tenantName: string,
  client: Application,
): UserScope {
  const words = scope.split(/\s+/).filter(Boolean)
  const openid = words.filter((word) => OPENID.includes(word))
  const others = words.filter((word) => !OPENID.includes(word)).map(takeApart)
  const uri = others[0]?.uri ?? GRAPH
  if (words.length === 0 || others.some((other) => other.uri !== uri)) {
    throw new EntraError(
      400,
      'invalid_scope',
      70011,
      `The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
      client.appId,
    )
  }
  const resource = directory.resourceNamed(uri)
  if (resource === undefined || directory.servicePrincipalOf(resource.appId) === undefined) {
    throw unknownResource(uri, tenantName, client.appId)
  }
  const offered = resource.api.oauth2PermissionScopes
    .filter(({ isEnabled }) => isEnabled)
    .map(({ value }) => value)
  const unknown = others.find(({ name, isDefault }) => !isDefault && !offered.includes(name))
  if (unknown !== undefined) {
    throw new EntraError(
      400,
      'invalid_client',
      650053,
      `The application '${client.displayName}' asked for scope '${unknown.name}' that doesn't exist on the resource '${resource.appId}'. Contact the app vendor.`,
      client.appId,
    )
  }
  const isDefault = others.some((other) => other.isDefault)
  return { uri, resource, scopes: isDefault ? offered : others.map(({ name }) => name), openid, isDefault }
}
