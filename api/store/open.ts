import type { TodoStore } from './store.ts'

/**
 * Opens the store that a URL names: `sqlite:<file>`, `sqlite::memory:`, `postgres://…`. Only the one that is used is
 * loaded.
 *
 * @throws AppError `store-failed`
 */
export async function openStore(databaseUrl: string): Promise<TodoStore> {
  if (/^postgres(ql)?:/.test(databaseUrl)) {
    const { openPostgresStore } = await import('./postgres.ts')
    return await openPostgresStore(databaseUrl)
  }
  const { openSqliteStore } = await import('./sqlite.ts')
  return await openSqliteStore(databaseUrl.slice('sqlite:'.length))
}
