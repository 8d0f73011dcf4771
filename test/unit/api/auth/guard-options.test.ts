import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { createGuard } from '../../../../api/auth/authenticate.ts'
import { checkOptions, type GuardOptions } from '../../../../api/auth/guard-options.ts'

const tenantId = randomUUID()
const options: GuardOptions = {
  authority: `https://contoso.ciamlogin.com/${tenantId}`,
  tenantId,
  audience: ['client', 'api://client'],
  fetchJson: async () => ({}),
}

test.each(['', '/', `/${tenantId}`, `/${tenantId}/`, `/${tenantId}/v2.0`])(
  'of an authority that ends with "%s" the host counts',
  async (path) => {
    const asked: string[] = []
    const guard = createGuard({
      ...options,
      authority: `https://contoso.ciamlogin.com${path}`,
      fetchJson: async (url) => {
        asked.push(url)
        return {}
      },
    })
    await guard.warmUp()
    expect(asked).toEqual([`https://contoso.ciamlogin.com/${tenantId}/v2.0/.well-known/openid-configuration`])
    expect(guard.ready()).toBe(false)
  },
)

test.each<[string, Partial<GuardOptions>]>([
  ['an authority on this machine without TLS', { authority: 'http://localhost:1' }],
  ['a tenant in capital letters', { tenantId: tenantId.toUpperCase() }],
])('%s may be', (_what, change) => {
  expect(() => createGuard({ ...options, ...change })).not.toThrow()
})

test('ids are compared in small letters, however they are given', () => {
  const [client, guest] = [randomUUID(), randomUUID()]
  const checked = checkOptions({
    ...options,
    allowedClients: [client.toUpperCase()],
    allowedTenants: [tenantId.toUpperCase(), guest],
  })
  expect(checked.allowedClients).toEqual([client])
  expect(checked.tenants).toEqual([tenantId, guest])
})

test.each<[string, Partial<GuardOptions>]>([
  ['an authority that is no address', { authority: 'contoso' }],
  ['an authority without TLS', { authority: 'http://contoso.ciamlogin.com/' }],
  ['an authority by another protocol', { authority: 'ftp://localhost/' }],
  ['no authority', { authority: '' }],
  ['a tenant that is a name', { tenantId: 'contoso.onmicrosoft.com' }],
  ['a tenant with more before its id', { tenantId: `x${tenantId}` }],
  ['a tenant with more behind its id', { tenantId: `${tenantId}/x` }],
  ['no tenant', { tenantId: '' }],
  ['a tenant that is a name, beside a list of ids', { tenantId: 'contoso.com', allowedTenants: [tenantId] }],
  ['any tenant', { allowedTenants: ['common'] }],
  ['no audience', { audience: [] }],
  ['an audience that is empty', { audience: ['client', ''] }],
  ['an audience of an id that is not set', { audience: ['client', 'api://'] }],
])('%s is a mistake at start, and says which', (_what, change) => {
  const mistake = { name: 'TypeError', message: expect.stringMatching(/^createGuard: /) }
  expect(() => createGuard({ ...options, ...change })).toThrow(expect.objectContaining(mistake))
})
