import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors.ts'
import { ensurePrivateDir, replaceFile } from '../core/private-file.ts'
import type { TenantRecord } from './seed/seed.ts'

/** The files that hold the tenant's secrets, so that none is ever printed. Each 0600. */
export interface TenantFiles {
  readonly clientSecret: string
  readonly clientCertificate: string
  readonly operatorCertificate: string
  readonly ca: string
  readonly adminToken: string
}

/** Where the files of a state folder are. */
export function tenantFiles(stateDir: string): TenantFiles {
  return {
    clientSecret: join(stateDir, 'client-secret'),
    clientCertificate: join(stateDir, 'client.pem'),
    operatorCertificate: join(stateDir, 'operator.pem'),
    ca: join(stateDir, 'ca.pem'),
    adminToken: join(stateDir, 'admin-token'),
  }
}

/**
 * Makes the state folder, 0700, and names its database.
 *
 * @throws AppError `local-state-invalid` when its secrets are there, but the database that they belong to is not
 */
export async function prepareStateDir(stateDir: string): Promise<string> {
  await ensurePrivateDir(stateDir)
  const database = join(stateDir, 'tenant.db')
  const files = Object.values(tenantFiles(stateDir))
  if (!(await holdsData(database)) && (await Promise.all(files.map(exists))).some(Boolean)) {
    throw new AppError(
      'local-state-invalid',
      `the state in ${stateDir} is incomplete: tenant.db is missing or empty`,
      {
        hint: 'start anew, which forgets its apps, certificates and secrets: todo-cli local reset',
      },
    )
  }
  return database
}

/** Writes the files, each atomically; at every start, so that one that was lost comes back. */
export async function writeTenantFiles(stateDir: string, tenant: TenantRecord): Promise<TenantFiles> {
  const files = tenantFiles(stateDir)
  await replaceFile({ path: files.clientSecret, data: tenant.client.secret })
  await replaceFile({ path: files.clientCertificate, data: tenant.client.certificatePem })
  await replaceFile({ path: files.operatorCertificate, data: tenant.operator.certificatePem })
  await replaceFile({ path: files.ca, data: tenant.ca.caPem })
  await replaceFile({ path: files.adminToken, data: tenant.adminToken })
  return files
}

/** SQLite takes a file without a whole header for a new database, and would begin another tenant in it. */
async function holdsData(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size >= 100,
    () => false,
  )
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
