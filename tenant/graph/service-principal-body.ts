/** The members of a service principal, as a POST or PATCH sends them, read at the door. */
import type { ServicePrincipal } from '../directory.ts'
import type { Json } from './context.ts'
import { badRequest, type GraphError } from './errors.ts'
import { readKeyCredentials } from './key-credentials.ts'

type Changes = { -readonly [K in keyof ServicePrincipal]?: ServicePrincipal[K] }

/** Members that are kept as they come: the tenant does not look at them. */
const OTHERS = [
  ...['alternativeNames', 'description', 'homepage', 'info', 'loginUrl', 'logoutUrl', 'notes'],
  ...[
    'notificationEmailAddresses',
    'preferredSingleSignOnMode',
    'replyUrls',
    'samlSingleSignOnSettings',
    'tags',
  ],
]

/**
 * What changes about a service principal. Its name, roles and scopes are the application's.
 *
 * @throws GraphError 400 for a member or value that Graph does not take
 */
export function readServicePrincipal(body: Json, present?: ServicePrincipal): Changes {
  const changes: Changes = {}
  for (const [name, value] of Object.entries(body)) {
    if (OTHERS.includes(name)) {
      changes.others = { ...present?.others, ...changes.others, [name]: value }
      continue
    }
    switch (name) {
      case 'accountEnabled':
      case 'appRoleAssignmentRequired':
        if (typeof value !== 'boolean') throw invalid(name)
        changes[name] = value
        break
      case 'keyCredentials':
        changes.keyCredentials = readKeyCredentials(value, present?.keyCredentials ?? [])
        break
      case 'passwordCredentials':
        // As with applications: addPassword makes them. Emptying the list is allowed.
        if (!Array.isArray(value)) throw invalid(name)
        if (value.length > 0)
          throw badRequest("Property 'passwordCredentials' can not be set; use addPassword.")
        changes.passwordCredentials = []
        break
      default:
        if (!name.startsWith('@odata.')) throw badRequest(`Invalid property '${name}'.`)
    }
  }
  return changes
}

function invalid(name: string): GraphError {
  return badRequest(`Invalid value specified for property '${name}' of resource 'ServicePrincipal'.`)
}
