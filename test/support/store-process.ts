/**
 * A process that does nothing but open a SQLite store and write to it: for what processes do to each other through the
 * file. `node store-process.ts count FILE ID TIMES` | `fill FILE`. Its last line says what happened, in JSON.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { openSqliteStore } from '../../api/store/sqlite.ts'
import { StoreUnavailable, type TodoStore } from '../../api/store/store.ts'
import { newTodoId } from '../../api/todo-id.ts'

const run = promisify(execFile)
const SELF = import.meta.filename

/** Counts the description of a todo up so many times, as a client with If-Match would. Gives how often it had to retry. */
export async function countUpInProcess(file: string, id: string, times: number): Promise<number> {
  const { stdout } = await run(process.execPath, [SELF, 'count', file, id, String(times)])
  return JSON.parse(stdout) as number
}

export interface Filled {
  /** The ids that were acknowledged. */
  readonly ids: readonly string[]
  /** What became of the first write that did not fit, of one with a key, and of reading. */
  readonly afterwards: readonly string[]
}

/** Adds todos until no file may get longer than so many kB, which is what a full disk is for whoever writes. */
export async function fillInProcess(file: string, kB: number): Promise<Filled> {
  const limited = `ulimit -f ${kB * 2} && exec "$0" "$@"`
  const { stdout } = await run('/bin/sh', ['-c', limited, process.execPath, SELF, 'fill', file])
  return JSON.parse(stdout) as Filled
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof StoreUnavailable ? 'unavailable' : String(error)),
  )

function longTodo() {
  const now = new Date().toISOString()
  const description = 'x'.repeat(1000)
  return { id: newTodoId(), owner: 'anna', description, done: false, createdAt: now, updatedAt: now }
}

async function count(store: TodoStore, id: string, times: number): Promise<number> {
  let retries = 0
  for (let done = 0; done < times; ) {
    const todo = await store.get({ id })
    const target = { id, versions: [todo?.version ?? 0] }
    const change = { description: String(Number(todo?.description) + 1) }
    const result = await store.update(target, change, new Date().toISOString())
    if (result.outcome === 'updated') done += 1
    else retries += 1
  }
  return retries
}

async function fill(store: TodoStore): Promise<Filled> {
  const ids: string[] = []
  for (;;) {
    const todo = longTodo()
    const what = await outcome(store.add(todo))
    if (what === 'done') ids.push(todo.id)
    else {
      const another = longTodo()
      const keyed = await outcome(store.add(another, { key: 'k', bodyHash: 'h' }))
      if (keyed === 'done') ids.push(another.id)
      return { ids, afterwards: [what, keyed, await outcome(store.list({ limit: 10 }))] }
    }
  }
}

if (process.argv[1] === SELF) {
  const [, , command, file, id, times] = process.argv
  const store = await openSqliteStore(file as string)
  const result = command === 'count' ? await count(store, id as string, Number(times)) : await fill(store)
  await store.close()
  process.stdout.write(JSON.stringify(result))
}
