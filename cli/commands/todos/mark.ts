import type { Action } from '../../command.ts'

const mark =
  (done: boolean): Action =>
  async ({ out, todos }, ids) => {
    const client = await todos()
    const changed = []
    for (const id of ids) {
      const { description } = await client.get(id)
      changed.push(await client.replace(id, { description, done }))
      out.note(`${done ? 'done' : 'open'}: ${description}`)
    }
    if (out.json) out.value(changed)
    return undefined
  }

/** `todo-cli todos done ID...` */
export const done = mark(true)

/** `todo-cli todos reopen ID...` */
export const reopen = mark(false)
