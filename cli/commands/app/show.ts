import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import type { Context, Flags } from '../../context.ts'
import type { GraphClient } from '../../graph/client.ts'
import { portalLink } from '../../graph/clouds.ts'
import type { Application } from '../../graph/objects.ts'
import { type AppCredential, credentialsOf } from '../../registration/credentials.ts'
import { asClient, isOwn, type Permission, permissionsOf, readPair } from '../../registration/read.ts'
import { findOwn } from '../../registration/reconcile.ts'
import { CLIENT_NAME, graphFor, named } from './options.ts'

/** `todo-cli app show`: both apps, permissions, consent, credentials, portal links. */
export const show: Action = async (context, _args, flags) => {
  const { out } = context
  const graph = await graphFor(context, flags)
  const client = await clientApp(context, graph, flags)
  const pair = await readPair(graph, client, (await context.settings()).get('scopes'))
  const permissions = await permissionsOf(graph, pair)
  const loginPermissions = pair.login
    ? await permissionsOf(graph, await asClient(graph, pair, pair.login))
    : []
  const credentials = credentialsOf(client)
  const describe = (app: Application | undefined) =>
    app && {
      name: app.displayName,
      clientId: app.appId,
      objectId: app.id,
      identifierUris: app.identifierUris,
      requestedAccessTokenVersion: app.api.requestedAccessTokenVersion,
      scopes: app.api.oauth2PermissionScopes.map(({ value }) => value),
      appRoles: app.appRoles.map(({ value }) => value),
      createdByTodoCli: isOwn(app),
      portal: portalLink(graph.graphUrl, app.appId),
    }
  out.fields(
    [
      ['daemon', `${client.displayName} ${client.appId}`],
      ['  portal', portalLink(graph.graphUrl, client.appId)],
      ...permissions.map(permissionRow),
      ...credentials.map((credential) => row(`  ${credential.kind}`, describeCredential(credential))),
      ...(pair.api
        ? [
            row('API', `${pair.api.displayName} ${pair.api.appId}`),
            row('  portal', portalLink(graph.graphUrl, pair.api.appId)),
            row('  identifier URI', pair.api.identifierUris.join(', ')),
            row('  tokens', `version ${pair.api.api.requestedAccessTokenVersion ?? 1}`),
            row('  scopes', pair.api.api.oauth2PermissionScopes.map(({ value }) => value).join(', ')),
            row('  app roles', pair.api.appRoles.map(({ value }) => value).join(', ')),
          ]
        : [row('API', 'the daemon asks for no API of this tenant')]),
      ...(pair.login
        ? [
            row('users sign in with', `${pair.login.displayName} ${pair.login.appId}`),
            row('  portal', portalLink(graph.graphUrl, pair.login.appId)),
            ...loginPermissions.map(permissionRow),
          ]
        : []),
    ],
    {
      client: { ...describe(client), permissions, credentials },
      api: describe(pair.api) ?? null,
      login: pair.login ? { ...describe(pair.login), permissions: loginPermissions } : null,
    },
  )
  return undefined
}

/** The app that the settings name, or the one that `--client-name` does. */
export async function clientApp(context: Context, graph: GraphClient, flags: Flags): Promise<Application> {
  const clientId = flags.clientName === undefined ? (await context.settings()).get('clientId') : undefined
  if (clientId !== undefined) return graph.applicationByAppId(clientId)
  const name = named(flags.clientName, '--client-name', CLIENT_NAME)
  const found = await findOwn(graph, name, '--client-name')
  if (found !== undefined) return found
  throw new AppError('app-missing', `the tenant has no app named ${name} that todo-cli created`, {
    hint: 'create it: todo-cli app create; or name the one that you mean: --client-name NAME',
  })
}

const permissionRow = ({ value, kind, consented }: Permission) =>
  row('  may', `${value} (${kind}), ${consented ? 'consented' : 'NOT consented'}`)

const row = (name: string, value: string) => [name, value] as const

function describeCredential({
  keyId,
  thumbprint,
  endDateTime,
  daysLeft,
  displayName,
}: AppCredential): string {
  const name = thumbprint === null ? displayName : `SHA-1 ${thumbprint}`
  const until = endDateTime === null ? '' : `, until ${endDateTime.slice(0, 10)} (${daysLeft} days left)`
  return `${name}${until}, key id ${keyId}`
}
