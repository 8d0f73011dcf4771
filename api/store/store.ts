/** Where todos are kept. One contract for SQLite and PostgreSQL; `test/contract/store.ts` holds both to it. */
import type { Todo } from '../../core/todo.ts'

/** A todo and its version, which grows by one with each change: the ETag. */
export interface StoredTodo extends Todo {
  readonly version: number
}

export interface ListQuery {
  /** Left out: every owner's. */
  readonly owner?: string | undefined
  readonly done?: boolean | undefined
  /** The id after which the page begins. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface TodoChange {
  readonly description?: string | undefined
  readonly done?: boolean | undefined
  readonly owner?: string | undefined
}

/** Which todo a change is for, and under which condition. */
export interface Target {
  readonly id: string
  /** Someone else's todo is as good as missing. Left out: any owner's. */
  readonly owner?: string | undefined
  /** The versions that the caller has seen. Left out: whatever it is now. */
  readonly versions?: readonly number[] | undefined
}

/** Makes a retried creation create nothing: the same key from the same caller gives the same todo. */
export interface Idempotency {
  /** Tenant, client app, user and key, in one string of bounded length. */
  readonly key: string
  /** Of what was asked for, to tell a retry from another request under the same key. */
  readonly bodyHash: string
}

export type AddResult =
  | { readonly outcome: 'added' | 'replayed'; readonly todo: StoredTodo }
  /** The key was used for another body. */
  | { readonly outcome: 'key-reused' }

export type UpdateResult =
  | { readonly outcome: 'updated'; readonly todo: StoredTodo }
  | { readonly outcome: 'missing' }
  /** It has none of the versions that were asked for. */
  | { readonly outcome: 'changed' }

export type RemoveResult = 'removed' | 'missing' | 'changed'

export interface TodoStore {
  /** In the order of their ids, which is the order of their creation. */
  list(query: ListQuery): Promise<readonly Todo[]>
  get(target: Pick<Target, 'id' | 'owner'>): Promise<StoredTodo | undefined>
  /** Keeps it durably, version 1, or finds what the key made before. All of it or nothing. */
  add(todo: Todo, idempotency?: Idempotency): Promise<AddResult>
  /** Adds the todos when there is none at all yet; several processes may try at once. */
  seed(todos: readonly Todo[]): Promise<void>
  /** Changes the fields that are there. `updatedAt` becomes `at`. */
  update(target: Target, change: TodoChange, at: string): Promise<UpdateResult>
  remove(target: Target): Promise<RemoveResult>
  /** @throws StoreUnavailable */
  ping(): Promise<void>
  close(): Promise<void>
}

/** The store does not answer now (a lost connection, a locked file); the same request may succeed later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** How long a key makes retries safe, in milliseconds: 24 hours. */
export const IDEMPOTENCY_KEPT_MS = 86_400_000
