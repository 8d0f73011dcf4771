import type { Action } from '../../command.ts'

/** `todo-cli token get`: the token alone, for another program. */
export const get: Action = async ({ io, out, settings, tokens }) => {
  const { token, expiresAt } = await (await tokens()).get()
  if (io.stdout.isTTY) {
    const whom = (await settings()).get('auth') === 'user' ? 'you' : 'the app'
    out.warn(`this is a credential: whoever has it can act as ${whom} until it expires`)
  }
  if (out.json) out.value({ accessToken: token, expiresAt: expiresAt.toISOString() })
  else out.text(token)
  return undefined
}
