import type { Action } from '../../command.ts'
import { printable } from '../../io.ts'
import { descriptionOf } from './description.ts'

/** `todo-cli todos add TEXT`: prints the new id, so that a script can go on with it. */
export const add: Action = async ({ out, todos }, words, { owner }) => {
  const description = descriptionOf(words)
  const todo = await (await todos()).add({ description, ...(typeof owner === 'string' ? { owner } : {}) })
  if (out.json) out.value(todo)
  else out.text(printable(todo.id))
  out.note(`added: ${todo.description}`)
  return undefined
}
