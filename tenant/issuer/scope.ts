import type { Application, Directory } from '../directory.ts'
import { EntraError } from './errors.ts'

const GRAPH = 'https://graph.microsoft.com'

/** The scopes of OpenID Connect, which belong to no resource. */
export const OPENID: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

/** A scope of the client credentials flow, taken apart. */
export interface ResourceScope {
  /** The resource as the client named it: the `aud` of v1.0 tokens. */
  readonly uri: string
  readonly resource: Application
}

/**
 * Finds the resource that a `scope` names, then checks that it asks for `.default`, in Entra's order. OpenID Connect's
 * scopes beside it ask for nothing: Go's MSAL sends them with every grant.
 *
 * @throws EntraError 70011, 500011, 1002012
 */
export function resourceScope(
  scope: string,
  directory: Directory,
  tenantName: string,
  clientId: string,
): ResourceScope {
  // RFC 6749 section 3.3: the characters of a scope.
  if (!/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(scope))
    throw malformed(scope, clientId)
  const words = scope.split(' ')
  const [first = words[0] ?? '', ...rest] = words.filter((word) => !OPENID.includes(word))
  const { uri, isDefault } = takeApart(first)
  const resource = directory.resourceNamed(uri)
  if (resource === undefined || directory.servicePrincipalOf(resource.appId) === undefined) {
    throw unknownResource(uri, tenantName, clientId)
  }
  if (rest.some((other) => takeApart(other).uri !== uri)) throw malformed(scope, clientId)
  if (!isDefault || rest.length > 0) {
    throw new EntraError(
      400,
      'invalid_scope',
      1002012,
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      clientId,
    )
  }
  return { uri, resource }
}

/** `api://app/.default` is the resource `api://app`; a scope without a resource is Graph's. */
export function takeApart(scope: string): { uri: string; name: string; isDefault: boolean } {
  const at = scope.lastIndexOf('/')
  const name = scope.slice(at + 1)
  const uri = at < 0 ? GRAPH : scope.slice(0, at)
  return { uri, name, isDefault: name === '.default' }
}

export function unknownResource(uri: string, tenantName: string, clientId: string): EntraError {
  return new EntraError(
    400,
    'invalid_resource',
    500011,
    `The resource principal named ${uri} was not found in the tenant named ${tenantName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    clientId,
  )
}

function malformed(scope: string, clientId: string): EntraError {
  return new EntraError(
    400,
    'invalid_scope',
    70011,
    `The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    clientId,
  )
}
