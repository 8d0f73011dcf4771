/** Each call of the vault needs one permission, and that alone opens it; by access policy and by role (key-vault.md, "Errors"). */
import { beforeAll, describe, expect, test } from 'vitest'
import { ALL_PERMISSIONS, readAccessPolicy } from '../../../../tenant/vault/policy.ts'
import { withTenant } from '../../../support/tenant.ts'
import { adminCalls, refusalOf, vaultCalls } from '../../../support/tenant-calls.ts'
import { accessToken } from '../../../support/tenant-client.ts'

const tenant = withTenant()
const admin = adminCalls(tenant)
const asOperator = vaultCalls(tenant)
const NAME = 'permitted'
let token = ''

const CALLS: readonly (readonly [method: string, path: string, plane: Plane, permission: string])[] = [
  ['GET', '/certificates', 'certificates', 'list'],
  ['GET', `/certificates/${NAME}`, 'certificates', 'get'],
  ['GET', `/certificates/${NAME}/versions`, 'certificates', 'list'],
  ['GET', `/certificates/${NAME}/policy`, 'certificates', 'get'],
  ['GET', `/certificates/${NAME}/pending`, 'certificates', 'get'],
  ['PATCH', `/certificates/${NAME}`, 'certificates', 'update'],
  ['PATCH', `/certificates/${NAME}/policy`, 'certificates', 'update'],
  ['PATCH', `/certificates/${NAME}/pending`, 'certificates', 'update'],
  ['POST', '/certificates/other/create', 'certificates', 'create'],
  ['POST', '/certificates/other/import', 'certificates', 'import'],
  ['POST', `/certificates/${NAME}/pending/merge`, 'certificates', 'create'],
  ['DELETE', '/certificates/none', 'certificates', 'delete'],
  ['DELETE', '/certificates/none/pending', 'certificates', 'delete'],
  ['GET', '/deletedcertificates', 'certificates', 'list'],
  ['GET', '/deletedcertificates/none', 'certificates', 'get'],
  ['POST', '/deletedcertificates/none/recover', 'certificates', 'recover'],
  ['DELETE', '/deletedcertificates/none', 'certificates', 'purge'],
  ['GET', '/keys', 'keys', 'list'],
  ['GET', `/keys/${NAME}`, 'keys', 'get'],
  ['GET', `/keys/${NAME}/versions`, 'keys', 'list'],
  ['GET', `/keys/${NAME}/rotationpolicy`, 'keys', 'get'],
  ['POST', `/keys/${NAME}/sign`, 'keys', 'sign'],
  ['GET', '/secrets', 'secrets', 'list'],
  ['GET', `/secrets/${NAME}`, 'secrets', 'get'],
  ['GET', `/secrets/${NAME}/versions`, 'secrets', 'list'],
  ['GET', '/certificates/issuers', 'certificates', 'listissuers'],
  ['GET', '/certificates/issuers/none', 'certificates', 'getissuers'],
  ['GET', '/certificates/contacts', 'certificates', 'managecontacts'],
  ['PUT', `/secrets/none`, 'secrets', 'set'],
  ['DELETE', `/secrets/none`, 'secrets', 'delete'],
  ['GET', '/deletedsecrets', 'secrets', 'list'],
  ['GET', '/deletedsecrets/none', 'secrets', 'get'],
  ['POST', '/deletedsecrets/none/recover', 'secrets', 'recover'],
  ['DELETE', '/deletedsecrets/none', 'secrets', 'purge'],
  ['POST', `/keys/none/create`, 'keys', 'create'],
  ['PATCH', `/keys/none`, 'keys', 'update'],
  ['DELETE', `/keys/none`, 'keys', 'delete'],
  ['GET', '/deletedkeys', 'keys', 'list'],
  ['GET', '/deletedkeys/none', 'keys', 'get'],
  ['POST', '/deletedkeys/none/recover', 'keys', 'recover'],
  ['DELETE', '/deletedkeys/none', 'keys', 'purge'],
]
type Plane = 'certificates' | 'keys' | 'secrets'
const ALL = ALL_PERMISSIONS

beforeAll(async () => {
  token = await accessToken(tenant(), 'https://vault.azure.net/.default')
  const body = { value: tenant().client.certificatePem }
  expect((await asOperator('POST', `/certificates/${NAME}/import`, body)).status).toBe(200)
})

const give = (policy: object) => admin('PUT', `/vault/policies/${tenant().client.objectId}`, policy)
const call = (method: string, path: string) =>
  asOperator(method, path, ['GET', 'DELETE'].includes(method) ? undefined : '{', { token })

describe('by access policy', () => {
  test.each(CALLS)(
    '%s %s is refused without %s %s, and nothing else is looked at',
    async (method, path, plane, permission) => {
      await give({ ...ALL, [plane]: ALL[plane].filter((one) => one !== permission) })
      const answer = await call(method, path)
      expect(refusalOf(answer)).toEqual({ status: 403, code: 'Forbidden', inner: 'ForbiddenByPolicy' })
      const { appId, objectId } = tenant().client
      const iss = `https://sts.windows.net/${tenant().tenantId}/`
      expect(answer.body.error.message).toBe(
        `The user, group or application 'appid=${appId};oid=${objectId};iss=${iss}' does not have ${plane} ${permission} permission on key vault 'todo-local;location=local'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
      )
    },
  )

  test.each(CALLS)('%s %s needs no more than %s %s', async (method, path, plane, permission) => {
    await give({ [plane]: [permission] })
    expect((await call(method, path)).status).not.toBe(403)
  })
})

describe('by role', () => {
  beforeAll(async () => {
    await admin('PATCH', '/settings', { vaultByRoles: true })
  })

  test.each(CALLS)('%s %s is refused without a role, whatever the policies say', async (method, path) => {
    await give({ ...ALL, roles: [] })
    const answer = await call(method, path)
    expect(refusalOf(answer)).toEqual({ status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' })
    const { appId, objectId } = tenant().client
    const iss = `https://sts.windows.net/${tenant().tenantId}/`
    expect(answer.body.error.message).toMatch(
      /^Caller is not authorized to perform action on resource\.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time\.\r\n/,
    )
    expect(answer.body.error.message).toContain(
      `\r\nCaller: appid=${appId};oid=${objectId};iss=${iss}\r\nAction: '`,
    )
    expect(answer.body.error.message).toMatch(
      /\r\nAssignment: \(not found\)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: todo-local;location=local\r\n$/,
    )
  })

  test.each(CALLS)('%s %s is open to an administrator', async (method, path) => {
    await give({ roles: ['Key Vault Administrator'] })
    expect((await call(method, path)).status).not.toBe(403)
  })

  test.each([
    ['GET', `/certificates/${NAME}`, 'Microsoft.KeyVault/vaults/certificates/read'],
    ['POST', '/certificates/other/create', 'Microsoft.KeyVault/vaults/certificates/create/action'],
    ['DELETE', '/certificates/none', 'Microsoft.KeyVault/vaults/certificates/delete'],
    ['GET', `/secrets/${NAME}`, 'Microsoft.KeyVault/vaults/secrets/getSecret/action'],
    ['GET', '/secrets', 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'],
    ['POST', `/keys/${NAME}/sign`, 'Microsoft.KeyVault/vaults/keys/sign/action'],
  ])('%s %s names the action that was missing', async (method, path, action) => {
    await give({})
    expect((await call(method, path)).body.error.message).toContain(`\r\nAction: '${action}'\r\n`)
  })
})

describe('a policy that the admin interface is sent', () => {
  test.each<[string, Record<string, unknown>]>([
    ['an unknown permission', { certificates: ['get', 'everything'] }],
    ['a permission of another plane', { secrets: ['sign'] }],
    ['a permission twice', { keys: ['get', 'get'] }],
    ['a list that is none', { keys: 'get' }],
    ['null', { secrets: null }],
    ['an unknown role', { roles: ['Owner'] }],
    ['a role of an object’s prototype', { roles: ['constructor'] }],
    ['roles that are no list', { roles: 'Key Vault Reader' }],
  ])('with %s is none', (_, value) => {
    expect(readAccessPolicy('x', value)).toBeTypeOf('string')
  })

  test('is kept by the object id in lower case, empty where it is silent', () => {
    expect(readAccessPolicy('ABC', {})).toEqual({
      ...{ id: 'abc', permissions: { certificates: [], keys: [], secrets: [] }, roles: [] },
    })
  })
})
