import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../support/tenant.ts'
import { ask } from '../../support/tenant-client.ts'

const tenant = withTenant()
const page = readFileSync(join(import.meta.dirname, '../../../docs/local-tenant.md'), 'utf8')

describe('docs/local-tenant.md', () => {
  const addresses = [...page.matchAll(/`(GET|PUT|POST|PATCH|DELETE) (\/[\w/{} ]*)/g)].map(
    ([, method = '', path = '']) => ({
      method,
      path: path.trim().replace('{object id}', 'x'),
    }),
  )

  test('names the addresses of the admin interface', () => {
    expect(addresses.length).toBeGreaterThan(9)
  })

  test.each(addresses.filter(({ path }) => path !== '/stop'))(
    '$method $path is there',
    async ({ method, path }) => {
      const { adminUrl, adminToken } = tenant()
      const { status } = await ask(tenant(), adminUrl + path, {
        method,
        token: adminToken,
        ...(method === 'GET' ? {} : { body: {} }),
      })
      expect([404, 405]).not.toContain(status)
    },
  )

  test.each([...page.matchAll(/`(\{"[^`]+\})`/g)].map(([, json = '']) => json))(
    '%s is taken',
    async (json) => {
      const body = JSON.parse(json)
      const path = 'service' in body ? '/faults' : 'certificates' in body ? '/vault/policies/x' : '/clock'
      const method = path === '/faults' ? 'POST' : 'PUT'
      const { status } = await ask(tenant(), tenant().adminUrl + path, {
        method,
        token: tenant().adminToken,
        body,
      })
      expect(status).toBeLessThan(300)
    },
  )

  test('names every setting', async () => {
    const { body } = await ask(tenant(), `${tenant().adminUrl}/settings`, { token: tenant().adminToken })
    for (const name of Object.keys(body)) expect(page).toContain(`\`${name}\``)
  })
})
