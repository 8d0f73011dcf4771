import { afterAll, beforeAll } from 'vitest'
import { startTenant, type Tenant, type TenantOptions } from '../../tenant/server.ts'

/**
 * One in-memory tenant for the tests of a file (or of a `describe`): started before them, closed after.
 *
 *     const tenant = withTenant()
 *     test('…', () => { tenant().authority … })
 */
export function withTenant(options: TenantOptions = {}): () => Tenant {
  let tenant: Tenant | undefined
  beforeAll(async () => {
    tenant = await startTenant(options)
  })
  afterAll(async () => {
    await tenant?.close()
  })
  return () => {
    if (tenant === undefined) throw new Error('the tenant is there within tests only')
    return tenant
  }
}
