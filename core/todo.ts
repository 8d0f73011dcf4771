/** A todo as the API returns it. Times are ISO 8601 in UTC; `owner` is the object id (`oid`) of a user, or of an app. */
export interface Todo {
  readonly id: string
  readonly owner: string
  readonly description: string
  readonly done: boolean
  readonly createdAt: string
  readonly updatedAt: string
}

/** The longest description, in characters (Unicode code points) after trimming. */
export const DESCRIPTION_MAX = 1000

/** Reads one todo out of a parsed JSON answer. Returns undefined when it has another shape. */
export function parseTodo(value: unknown): Todo | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, owner, description, done, createdAt, updatedAt } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof owner !== 'string' || typeof description !== 'string') return undefined
  if (typeof done !== 'boolean' || typeof createdAt !== 'string' || typeof updatedAt !== 'string')
    return undefined
  return { id, owner, description, done, createdAt, updatedAt }
}
