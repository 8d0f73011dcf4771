import { AppError } from '../../../core/errors.ts'
import { GUID } from '../../auth/authority.ts'
import type { Action } from '../../command.ts'
import type { Flags } from '../../context.ts'
import type { TodoFilter } from '../../todo-client.ts'
import { COLUMNS } from './columns.ts'

/** How many are listed where neither `--limit` nor `--all` says. */
const LIMIT = 100

/** `todo-cli todos list [--owner ID] [--done|--open] [--limit N] [--all]` */
export const list: Action = async ({ out, todos }, _args, flags) => {
  const query = parse(flags)
  const client = await todos()
  const listed = await client.list(query)
  out.list(listed.todos, COLUMNS, 'no todos; add one: todo-cli todos add "Water plants"')
  if (listed.more) out.note(`there are more than ${query.limit}: todo-cli todos list --all`)
  return undefined
}

function parse({ owner, done, open, limit, all }: Flags): TodoFilter {
  if (done === true && open === true) throw conflict('--done', '--open')
  if (all === true && limit !== undefined) throw conflict('--all', '--limit')
  if (owner !== undefined && !GUID.test(String(owner))) {
    throw new AppError('usage', 'the owner is not the object id (a GUID) of a user or an app', {
      hint: 'see the owners: todo-cli todos list',
    })
  }
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(String(limit))) {
    throw new AppError('usage', '--limit is not a whole number from 1', {
      hint: 'todo-cli todos list --limit 20',
    })
  }
  return {
    owner: typeof owner === 'string' ? owner : undefined,
    done: done === true ? true : open === true ? false : undefined,
    limit: all === true ? Number.POSITIVE_INFINITY : Number(limit ?? LIMIT),
  }
}

const conflict = (one: string, other: string) =>
  new AppError('usage', `${one} and ${other} do not go together`, { hint: 'todo-cli todos list --help' })
