import type { Action } from '../../command.ts'
import { createGraphClient } from '../../graph/client.ts'
import type { Column } from '../../io.ts'
import { type AppCredential, credentialsOf } from '../../registration/credentials.ts'

const COLUMNS: readonly Column<AppCredential>[] = [
  { heading: 'KEY ID', cell: ({ keyId }) => keyId, cut: 'never' },
  { heading: 'SHA-1', cell: ({ thumbprint }) => thumbprint ?? '', cut: 'first' },
  {
    heading: 'UNTIL',
    cell: ({ endDateTime }) => endDateTime?.slice(0, 10) ?? '',
    raw: ({ endDateTime }) => endDateTime ?? '',
  },
  { heading: 'NAME', cell: ({ displayName }) => displayName },
  { heading: 'KIND', cell: ({ kind }) => kind },
  { heading: 'DAYS LEFT', cell: ({ daysLeft }) => String(daysLeft ?? ''), cut: 'whole' },
]

/** `todo-cli app credential list`: certificates and secrets. */
export const list: Action = async (context) => {
  const clientId = (await context.settings()).need('clientId')
  const graph = await createGraphClient(context)
  context.out.list(
    credentialsOf(await graph.applicationByAppId(clientId)),
    COLUMNS,
    'no credential; register a certificate: todo-cli app credential add CERT',
  )
  return undefined
}
