import { TokenCache } from '../../auth/token-cache.ts'
import type { Action } from '../../command.ts'

/** `todo-cli token clear` */
export const clear: Action = async ({ home, out }) => {
  const removed = await new TokenCache(home.tokens, (line) => out.warn(line)).clear()
  if (out.json) out.value({ removed })
  out.note(removed === 1 ? 'removed 1 token' : `removed ${removed} tokens`)
  return undefined
}
