import type { Action } from '../../command.ts'
import { fieldsOf } from './columns.ts'

/** `todo-cli todos show ID` */
export const show: Action = async ({ out, todos }, [id = '']) => {
  const todo = await (await todos()).get(id)
  out.fields(fieldsOf(todo), todo)
  return undefined
}
