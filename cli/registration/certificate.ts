/** A certificate's public part among the credentials of an app: added beside the others, never in their place. */
import type { X509Certificate } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import type { GraphClient } from '../graph/client.ts'
import { keyCredentialFor, thumbprintOfCredential } from '../graph/key-credential.ts'
import type { Application, KeyCredential } from '../graph/objects.ts'

export interface Added {
  /** False where it was registered already, as far as that can be known. */
  readonly added: boolean
  /** The app's name, for messages. */
  readonly app: string
}

export function isRegistered(
  { keyCredentials }: Pick<Application, 'keyCredentials'>,
  leaf: X509Certificate,
): boolean {
  const { sha1 } = thumbprintsOf(leaf.raw)
  return keyCredentials.some((credential) => thumbprintOfCredential(credential) === sha1)
}

/**
 * Adds the certificate. PATCH replaces the collection, so what is there is read right before, with the keys, and sent along
 * as it was; and looked at again after, for two who write at once would undo each other.
 */
export async function appendCertificate(
  graph: GraphClient,
  appId: string,
  leaf: X509Certificate,
): Promise<Added> {
  const { id, displayName: app, keyCredentials } = await graph.applicationByAppId(appId)
  if (isRegistered({ keyCredentials }, leaf)) return { added: false, app }
  await graph.setKeyCredentials(id, [...keyCredentials, keyCredentialFor(leaf)])
  const after = await graph.applicationByAppId(appId)
  const lost = keyCredentials.filter((before) => !after.keyCredentials.some((now) => isSame(before, now)))
  if (lost.length === 0) return { added: true, app }
  throw new AppError('graph-failed', 'another change to the credentials of the app came at the same time', {
    hint: 'see what is there now: todo-cli app credential list',
  })
}

const isSame = (one: KeyCredential, other: KeyCredential) =>
  one.keyId === other.keyId && thumbprintOfCredential(one) === thumbprintOfCredential(other)
