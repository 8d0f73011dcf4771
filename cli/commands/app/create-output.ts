/** What `app create` says in the end. */
import type { Context } from '../../context.ts'
import { portalLink } from '../../graph/clouds.ts'
import type { ProfileValues } from '../../profiles.ts'
import type { Change, Reconciler } from '../../registration/reconcile.ts'
import type { Registered } from '../../registration/register.ts'

/** Of a dry run. */
export function showChanges({ out }: Context, { changes }: Reconciler): undefined {
  out.list(
    changes,
    [
      { heading: 'APP', cell: ({ app }) => app },
      { heading: 'WOULD', cell: ({ change }) => change, cut: 'wrap' },
    ],
    'nothing differs',
  )
  return undefined
}

export interface Created {
  readonly graphUrl: string
  readonly changes: readonly Change[]
  readonly apiName: string
  readonly clientName: string
  readonly profileName: string
  readonly profile: ProfileValues
  readonly registered: Registered
  /** SHA-1 of the certificate; undefined with a secret. */
  readonly thumbprint: string | undefined
}

export function showCreated({ out }: Context, created: Created): undefined {
  const { graphUrl, changes, profileName, profile, registered, thumbprint } = created
  const { api, client, login } = registered
  const describe = (app: Registered['api']) =>
    app && {
      name: app.displayName,
      clientId: app.appId,
      objectId: app.id,
      portal: portalLink(graphUrl, app.appId),
    }
  const credential = credentialOf(profile)
  const { tenantId = '', authority, scopes, apiVariablesFile = '' } = profile
  out.fields(
    [
      ['tenant', tenantId],
      ['API', `${created.apiName} ${api?.appId ?? ''}`],
      ['daemon', `${created.clientName} ${client?.appId ?? ''}`],
      ...(login ? [['users sign in with', `${login.displayName} ${login.appId}`] as const] : []),
      ['proves itself with', credential],
      ['profile', profileName],
      ['variables of the API', apiVariablesFile],
      ['changes', String(changes.length)],
    ],
    {
      tenantId,
      authority,
      api: describe(api),
      client: describe(client),
      login: describe(login) ?? null,
      scope: scopes,
      credential,
      thumbprint,
      profile: profileName,
      variablesFile: apiVariablesFile,
      changes,
    },
  )
  out.note(`next: todo-cli todos list --profile ${profileName}`)
  return undefined
}

function credentialOf({ auth, certificateFile, certificateName, clientSecretFile }: ProfileValues): string {
  if (auth === 'keyvault') return `vault:${certificateName}`
  return (auth === 'cert' ? certificateFile : clientSecretFile) ?? ''
}
