import type { Action } from '../../command.ts'
import { createGraphClient, type KeyCredential } from '../../graph/client.ts'
import { thumbprintOfCredential } from '../../graph/key-credential.ts'
import type { Column } from '../../io.ts'

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'KEY ID', cell: ({ keyId }) => keyId },
  { heading: 'SHA-1', cell: ({ thumbprint }) => thumbprint },
  {
    heading: 'UNTIL',
    cell: ({ endDateTime }) => endDateTime.slice(0, 10),
    raw: ({ endDateTime }) => endDateTime,
  },
  { heading: 'NAME', cell: ({ displayName }) => displayName },
]

interface Row {
  readonly keyId: string
  readonly thumbprint: string
  readonly endDateTime: string
  readonly displayName: string
}

/** `todo-cli app credential list` */
export const list: Action = async (context) => {
  const clientId = (await context.settings()).need('clientId')
  const graph = await createGraphClient(context)
  const { keyCredentials } = await graph.applicationByAppId(clientId)
  context.out.list(
    keyCredentials.map(toRow),
    COLUMNS,
    'no certificate; register one: todo-cli app credential add CERT',
  )
  return undefined
}

const toRow = (credential: KeyCredential): Row => ({
  keyId: credential.keyId ?? '',
  thumbprint: thumbprintOfCredential(credential) ?? '',
  endDateTime: credential.endDateTime ?? '',
  displayName: credential.displayName ?? '',
})
