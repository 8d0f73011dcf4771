import type { PoolConfig } from 'pg'
import { isLoopbackHost } from '../../core/loopback.ts'

/**
 * How to connect. Off this machine TLS with a verified certificate is the default; whoever wants less has to write
 * `sslmode=` into the URL. A commit is acknowledged only when it is on the server's disk, whatever the role's default.
 */
export function poolOptions(url: string): PoolConfig {
  return {
    connectionString: url,
    ...(needsTls(url) ? { ssl: { rejectUnauthorized: true } } : {}),
    max: 10,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    keepAlive: true,
    application_name: 'todo-api',
    options: '-c synchronous_commit=on',
  }
}

function needsTls(url: string): boolean {
  // A socket folder has no host (`postgres:///db?host=/run/postgresql`), or one that begins with %2F.
  const { hostname, searchParams } = new URL(url)
  const host = searchParams.get('host') ?? decodeURIComponent(hostname)
  const local = host === '' || host.startsWith('/') || isLoopbackHost(host)
  return !local && !searchParams.has('sslmode') && !searchParams.has('ssl')
}
