import type { Action } from '../../command.ts'

const mark =
  (done: boolean): Action =>
  async ({ out, todos }, ids) => {
    const client = await todos()
    const changed = []
    for (const id of ids) {
      const todo = await client.change(id, ({ description }) => ({ description, done }))
      changed.push(todo)
      out.note(`${done ? 'done' : 'open'}: ${todo.description}`)
    }
    if (out.json) out.value(changed)
    return undefined
  }

/** `todo-cli todos done ID...` */
export const done = mark(true)

/** `todo-cli todos reopen ID...` */
export const reopen = mark(false)
