/** Whether the app registration knows a certificate. */
import { AppError } from '../../core/errors.ts'
import type { Context } from '../context.ts'
import { createGraphClient } from '../graph/client.ts'
import { thumbprintOfCredential } from '../graph/key-credential.ts'

export type Knowledge =
  | { readonly known: boolean; readonly app: string; readonly registered: number }
  /** Whoever runs a daemon seldom may read registrations. */
  | { readonly known: undefined; readonly error: AppError }

/**
 * Asks Graph whether the app has a certificate with this SHA-1 thumbprint, in upper-case hexadecimal.
 *
 * @throws AppError `app-missing`, and what is wrong with settings; where Graph may not be read, that is the answer
 */
export async function isRegistered(
  context: Context,
  clientId: string,
  thumbprint: string,
): Promise<Knowledge> {
  try {
    const graph = await createGraphClient(context)
    const { displayName, keyCredentials } = await graph.applicationByAppId(clientId)
    const registered = keyCredentials.map(thumbprintOfCredential)
    return { known: registered.includes(thumbprint), app: displayName, registered: registered.length }
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith('graph-')) return { known: undefined, error }
    throw error
  }
}
