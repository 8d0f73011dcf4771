import type { Action } from '../../command.ts'

/** `todo-cli token get`: the token alone, for another program. */
export const get: Action = async ({ io, out, tokens }) => {
  const { token, expiresAt } = await (await tokens()).get()
  if (io.stdout.isTTY) out.warn('this is a credential: whoever has it can act as the app until it expires')
  if (out.json) out.value({ accessToken: token, expiresAt: expiresAt.toISOString() })
  else out.text(token)
  return undefined
}
