import type { Action } from '../../command.ts'
import { COLUMNS } from './columns.ts'

/** `todo-cli todos list` */
export const list: Action = async ({ out, todos }) => {
  const client = await todos()
  out.list(await client.list(), COLUMNS, 'no todos; add one: todo-cli todos add "Water plants"')
  return undefined
}
