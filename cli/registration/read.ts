/** What is registered: the daemon's app, the API that it asks for, and what it was given. */
import type { GraphClient } from '../graph/client.ts'
import type { Application, ServicePrincipal } from '../graph/objects.ts'
import { TAG } from './wanted.ts'

export interface RegisteredPair {
  readonly client: Application
  readonly clientPrincipal: ServicePrincipal | undefined
  /** Undefined where the client asks for no API of this tenant. */
  readonly api: Application | undefined
  readonly apiPrincipal: ServicePrincipal | undefined
  /** The public client with which users sign in, where this program made one. */
  readonly login: Application | undefined
}

/** The public client with which the users of a daemon's API sign in. */
export const loginNameOf = (clientName: string): string => `${clientName}-login`

/** Whether this program made the app. */
export const isOwn = ({ tags }: Pick<Application, 'tags'>): boolean => tags.includes(TAG)

/** The API is the app of this tenant whose permissions the client asks for; `scope` decides where there are several. */
export async function readPair(
  graph: GraphClient,
  client: Application,
  scope?: string,
): Promise<RegisteredPair> {
  const wanted = /^api:\/\/([0-9a-f-]{36})\//i.exec(scope ?? '')?.[1]?.toLowerCase()
  const asked = client.requiredResourceAccess.map(({ resourceAppId }) => resourceAppId)
  const ids = wanted !== undefined && asked.includes(wanted) ? [wanted] : asked
  let api: Application | undefined
  const logins = await graph.applicationsNamed(loginNameOf(client.displayName))
  for (const id of ids) api ??= await graph.findApplication(id)
  return {
    client,
    clientPrincipal: await graph.servicePrincipalOf(client.appId),
    api,
    apiPrincipal: api && (await graph.servicePrincipalOf(api.appId)),
    login: logins.find(isOwn),
  }
}

/** The same API with another of its clients. */
export async function asClient(
  graph: GraphClient,
  pair: RegisteredPair,
  client: Application,
): Promise<RegisteredPair> {
  return { ...pair, client, clientPrincipal: await graph.servicePrincipalOf(client.appId) }
}

export interface Permission {
  readonly value: string
  readonly kind: 'app role' | 'scope'
  readonly consented: boolean
}

/** What the client asks of the API, and whether an administrator said yes. */
export async function permissionsOf(
  graph: GraphClient,
  pair: RegisteredPair,
): Promise<readonly Permission[]> {
  const { client, api, clientPrincipal, apiPrincipal } = pair
  if (api === undefined) return []
  const asked =
    client.requiredResourceAccess.find(({ resourceAppId }) => resourceAppId === api.appId)?.resourceAccess ??
    []
  const assigned = clientPrincipal ? await graph.roleAssignments(clientPrincipal.id) : []
  const grants = clientPrincipal ? await grantsOf(graph, clientPrincipal.id) : []
  const granted = grants
    .filter(
      ({ resourceId, consentType }) => resourceId === apiPrincipal?.id && consentType === 'AllPrincipals',
    )
    .flatMap(({ scope }) => scope.split(' '))
  return asked.map(({ id, type }) => {
    const role = api.appRoles.find((each) => each.id === id)
    const scope = api.api.oauth2PermissionScopes.find((each) => each.id === id)
    return type === 'Role'
      ? {
          value: role?.value ?? id,
          kind: 'app role' as const,
          consented: assigned.some((each) => each.appRoleId === id && each.resourceId === apiPrincipal?.id),
        }
      : { value: scope?.value ?? id, kind: 'scope' as const, consented: granted.includes(scope?.value ?? '') }
  })
}

/** Reading grants takes a right that reading apps does not; who lacks it sees none. */
async function grantsOf(graph: GraphClient, id: string): ReturnType<GraphClient['grants']> {
  return graph.grants(id).catch(() => [])
}
