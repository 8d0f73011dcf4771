import { TokenCache } from '../../auth/token-cache.ts'
import { signInFile } from '../../auth/user.ts'
import type { Action } from '../../command.ts'

/** `todo-cli logout`: what the issuer gave stays good with the issuer until it expires; here it is gone. */
export const logout: Action = async ({ home, out, settings }) => {
  const warn = (line: string) => out.warn(line)
  const file = signInFile({ settings: await settings(), folder: home.tokens, warn })
  const signedIn = await file.read()
  await file.remove()
  await new TokenCache(home.tokens, warn).clear()
  if (out.json) out.value({ signedOut: signedIn?.user.username ?? null })
  out.note(signedIn === undefined ? 'nobody was signed in' : `signed out: ${signedIn.user.username}`)
  return undefined
}
