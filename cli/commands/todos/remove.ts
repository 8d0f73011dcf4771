import type { Action } from '../../command.ts'
import { confirm } from '../../confirm.ts'

/** `todo-cli todos remove ID...` */
export const remove: Action = async ({ out, io, todos }, ids, { yes }) => {
  await confirm(
    io,
    out,
    `remove ${ids.length === 1 ? `the todo ${ids[0]}` : `${ids.length} todos`}?`,
    yes === true,
  )
  const client = await todos()
  for (const id of ids) {
    await client.remove(id)
    out.note(`removed: ${id}`)
  }
  if (out.json) out.value(ids.map((id) => ({ id })))
  return undefined
}
