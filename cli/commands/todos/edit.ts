import type { Action } from '../../command.ts'
import { descriptionOf } from './description.ts'

/** `todo-cli todos edit ID TEXT` */
export const edit: Action = async ({ out, todos }, [id = '', ...words]) => {
  const description = descriptionOf(words)
  const todo = await (await todos()).change(id, ({ done }) => ({ description, done }))
  if (out.json) out.value(todo)
  out.note(`changed: ${todo.description}`)
  return undefined
}
