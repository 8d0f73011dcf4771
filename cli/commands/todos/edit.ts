import type { Action } from '../../command.ts'
import { descriptionOf } from './description.ts'

/** `todo-cli todos edit ID TEXT` */
export const edit: Action = async ({ out, todos }, [id = '', ...words]) => {
  const description = descriptionOf(words)
  const client = await todos()
  const { done } = await client.get(id)
  const todo = await client.replace(id, { description, done })
  if (out.json) out.value(todo)
  out.note(`changed: ${todo.description}`)
  return undefined
}
