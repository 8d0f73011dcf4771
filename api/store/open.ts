import type { TodoStore } from './store.ts'

/**
 * Opens the store that a URL names: `sqlite:<file>`, `sqlite::memory:`, `postgres://…`.
 *
 * @throws AppError `store-failed`, `server-config-invalid`
 */
export async function openStore(databaseUrl: string): Promise<TodoStore> {
  const { openSqliteStore } = await import('./sqlite.ts')
  return await openSqliteStore(databaseUrl.slice('sqlite:'.length))
}
