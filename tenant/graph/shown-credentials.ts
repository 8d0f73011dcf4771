/** What a GET shows of credentials: never a secret, nor its digest, and a key only to who asks for it by name. */
import type { KeyCredential, PasswordCredential } from '../directory.ts'
import type { GraphContext } from './context.ts'
import { selection } from './query.ts'

type Asked = Pick<GraphContext, 'request'>

/** The key is shown only to who asks for `$select=keyCredentials`. */
export function shownKeyCredentials(context: Asked, credentials: readonly KeyCredential[]): object[] {
  const withKeys = selection(context)?.includes('keyCredentials') ?? false
  return credentials.map((credential) => ({ ...credential, key: withKeys ? credential.key : null }))
}

export function shownPasswordCredentials(credentials: readonly PasswordCredential[]): object[] {
  return credentials.map(({ sha256, ...credential }) => ({
    ...credential,
    customKeyIdentifier: null,
    secretText: null,
  }))
}
