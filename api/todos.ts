/** The resource: `/api/todolist` and `/api/todolist/{id}`. Who may do what is decided before these run. */
import { createHash } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import type { Todo } from '../core/todo.ts'
import { callerOf } from './auth/caller.ts'
import type { Caller } from './auth/token-rules.ts'
import { type CursorScope, readCursor, writeCursor } from './cursor.ts'
import { entityTag, holdsWithoutTag, matchesNone, readIfMatch } from './entity-tag.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { Problem } from './problem.ts'
import type { StoredTodo, Target, TodoStore, UpdateResult } from './store/store.ts'
import { newTodoId } from './todo-id.ts'
import { EXAMPLES, TODOS_PATH } from './todo-resource.ts'
import { listQuerySchema, newTodoSchema, parse, todoChangeSchema, wholeTodoSchema } from './todo-schema.ts'

export interface TodoHandlers {
  readonly list: RequestHandler
  readonly create: RequestHandler
  readonly read: RequestHandler
  readonly replace: RequestHandler
  readonly change: RequestHandler
  readonly remove: RequestHandler
}

export function todoHandlers(store: TodoStore, { seedExamples }: { seedExamples: boolean }): TodoHandlers {
  /** `If-None-Match` on a change (RFC 9110 section 13.1.2): looked at first, and then held to the version that was seen. */
  async function changeTarget(req: Request): Promise<Target> {
    const target = conditionalTarget(req)
    const unless = req.headers['if-none-match']
    if (unless === undefined) return target
    const todo = await store.get(target)
    if (todo === undefined) throw missing()
    if (matchesNone(unless, todo.version)) {
      throw new Problem('precondition_failed', 'the todo has a version that If-None-Match names')
    }
    return {
      ...target,
      versions: (target.versions ?? [todo.version]).filter((seen) => seen === todo.version),
    }
  }

  return {
    async list(req, res) {
      const caller = callerOf(req)
      const { limit, cursor, ...filters } = parse(listQuerySchema, req.query, 'invalid_query')
      // A user's list is their own; asked for someone else's, it is empty rather than refused.
      const own = ownerOf(caller)
      const scope = { owner: own ?? filters.owner, done: filters.done }
      const after = cursor === undefined ? undefined : readCursor(cursor, scope)
      if (!holdsWithoutTag(req.headers)) return notModified(res)
      if (own !== undefined && filters.owner !== undefined && filters.owner !== own) return send(res, 200, [])
      const query = { ...scope, after, limit: limit + 1 }
      let todos = await store.list(query)
      if (todos.length === 0 && seedExamples && caller.actor === 'app' && after === undefined) {
        await store.seed(
          EXAMPLES.map((description) => newTodo({ description, done: false }, caller.objectId)),
        )
        todos = await store.list(query)
      }
      const page = todos.slice(0, limit)
      const last = page.at(-1)
      if (todos.length > limit && last !== undefined) {
        res.setHeader('Link', nextLink(limit, filters, writeCursor(last.id, scope)))
      }
      send(res, 200, page)
    },

    async create(req, res) {
      const caller = callerOf(req)
      const input = parse(newTodoSchema, req.body, 'invalid_body')
      const owner = ownerOf(caller) ?? input.owner ?? caller.objectId
      const key = readIdempotencyKey(req.headers['idempotency-key'], caller)
      if (!holdsWithoutTag(req.headers)) {
        throw new Problem('precondition_failed', 'the list of todos is there, and If-None-Match is *')
      }
      const added = await store.add(
        newTodo(input, owner),
        key === undefined
          ? undefined
          : { key, bodyHash: sha256(JSON.stringify([input.description, input.done, owner])) },
      )
      if (added.outcome === 'key-reused') {
        throw new Problem(
          'idempotency_key_reused',
          'this Idempotency-Key was used for another todo; take a new one',
        )
      }
      res.setHeader('Location', `${TODOS_PATH}/${added.todo.id}`)
      sendTodo(res, 201, added.todo)
    },

    async read(req, res) {
      const { versions, ...target } = conditionalTarget(req)
      const todo = await store.get(target)
      if (todo === undefined) throw missing()
      if (versions !== undefined && !versions.includes(todo.version)) throw changed()
      if (!matchesNone(req.headers['if-none-match'], todo.version)) return sendTodo(res, 200, todo)
      res.setHeader('ETag', entityTag(todo.version))
      notModified(res)
    },

    async replace(req, res) {
      const target = await changeTarget(req)
      const input = parse(wholeTodoSchema, req.body, 'invalid_body')
      if (input.id !== undefined && input.id !== target.id) {
        throw new Problem('invalid_body', "the body's id is not the address's", {
          errors: [{ field: 'id', message: 'must be the id of the address' }],
        })
      }
      const { description, done } = input
      const owner = target.owner === undefined ? input.owner : undefined
      answer(res, await store.update(target, { description, done, owner }, new Date().toISOString()))
    },

    async change(req, res) {
      const target = await changeTarget(req)
      const input = parse(todoChangeSchema, req.body, 'invalid_body')
      const change = target.owner === undefined ? input : { ...input, owner: undefined }
      answer(res, await store.update(target, change, new Date().toISOString()))
    },

    async remove(req, res) {
      const outcome = await store.remove(await changeTarget(req))
      if (outcome === 'missing') throw missing()
      if (outcome === 'changed') throw changed()
      res.statusCode = 204
      res.end()
    },
  }
}

/** Whose todos the caller may see: their own for a user, everyone's (undefined) for an app. */
function ownerOf(caller: Caller): string | undefined {
  return caller.actor === 'app' ? undefined : caller.objectId
}

const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** What has not the form of an id is missing, like every id that is not there. */
function targetOf(req: Request): Target {
  const { id } = req.params
  if (typeof id !== 'string' || !ID.test(id)) throw missing()
  return { id: id.toLowerCase(), owner: ownerOf(callerOf(req)) }
}

function conditionalTarget(req: Request): Target {
  return { ...targetOf(req), versions: readIfMatch(req.headers['if-match']) }
}

function newTodo(input: { description: string; done: boolean }, owner: string): Todo {
  const now = new Date().toISOString()
  return {
    id: newTodoId(),
    owner,
    description: input.description,
    done: input.done,
    createdAt: now,
    updatedAt: now,
  }
}

function answer(res: Response, result: UpdateResult): void {
  if (result.outcome === 'missing') throw missing()
  if (result.outcome === 'changed') throw changed()
  sendTodo(res, 200, result.todo)
}

function sendTodo(res: Response, status: number, { version, ...todo }: StoredTodo): void {
  res.setHeader('ETag', entityTag(version))
  send(res, status, todo)
}

function notModified(res: Response): void {
  res.statusCode = 304
  res.end()
}

/** `res.json` would hash every body for an ETag, and parse the media type that it has just written. */
function send(res: Response, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  // As text: Node then sends head and body in one write, as bytes in two.
  res.end(text)
}

/** The next page's address, relative, so that a forged Host header has no part in it (RFC 8288 section 3). */
function nextLink(limit: number, { owner, done }: CursorScope, cursor: string): string {
  const filters = `${owner === undefined ? '' : `&owner=${owner}`}${done === undefined ? '' : `&done=${done}`}`
  return `<${TODOS_PATH}?limit=${limit}${filters}&cursor=${cursor}>; rel="next"`
}

function missing(): Problem {
  return new Problem('not_found', 'there is no such todo')
}

function changed(): Problem {
  return new Problem('precondition_failed', 'the todo has changed since; read it again')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
