import type { Todo } from '../../../core/todo.ts'
import type { Column } from '../../io.ts'
import { relativeDate } from '../../relative-date.ts'

/** How a todo reads in a table, and raw in a pipe. */
export const COLUMNS: readonly Column<Todo>[] = [
  { heading: 'ID', cell: ({ id }) => id, cut: 'never' },
  { heading: 'DONE', cell: ({ done }) => (done ? 'yes' : 'no') },
  { heading: 'DESCRIPTION', cell: ({ description }) => description },
  { heading: 'OWNER', cell: ({ owner }) => owner, cut: 'first' },
  {
    heading: 'UPDATED',
    cell: ({ updatedAt }) => relativeDate(updatedAt),
    raw: ({ updatedAt }) => updatedAt,
    cut: 'whole',
  },
]

export const fieldsOf = (todo: Todo): (readonly [string, string | Date])[] => [
  ['id', todo.id],
  ['description', todo.description],
  ['done', todo.done ? 'yes' : 'no'],
  ['owner', todo.owner],
  ['created', new Date(todo.createdAt)],
  ['updated', new Date(todo.updatedAt)],
]
