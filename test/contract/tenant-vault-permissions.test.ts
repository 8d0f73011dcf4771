import { beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask } from '../support/tenant-client.ts'

const tenant = withTenant()
const DIGEST = Buffer.alloc(32).toString('base64url')
let token = ''
let name = ''

beforeAll(async () => {
  token = await accessToken(tenant(), 'https://vault.azure.net/.default')
  name = tenant().vaultCertificateName
})

const admin = (method: string, path: string, body: object) =>
  ask(tenant(), tenant().adminUrl + path, { method, token: tenant().adminToken, body })
const give = (body: object) => admin('PUT', `/vault/policies/${tenant().client.objectId}`, body)
const vault = (path: string, body?: object) =>
  ask(tenant(), `${tenant().vaultUrl}${path}?api-version=7.4`, { token, ...(body ? { body } : {}) })

/** The statuses of: certificate get, secret get, key sign. */
async function may(): Promise<number[]> {
  const answers = [
    await vault(`/certificates/${name}`),
    await vault(`/secrets/${name}`),
    await vault(`/keys/${name}/sign`, { alg: 'RS256', value: DIGEST }),
  ]
  return answers.map(({ status }) => status)
}

describe('access policies', () => {
  test.each<[string, object, number[]]>([
    ['nothing', {}, [403, 403, 403]],
    ['certificates, but no secrets', { certificates: ['get'] }, [200, 403, 403]],
    ['secrets alone', { secrets: ['get'] }, [403, 200, 403]],
    ['keys to sign alone', { keys: ['sign'] }, [403, 403, 200]],
    ['roles, which do not count here', { roles: ['Key Vault Administrator'] }, [403, 403, 403]],
  ])('of %s open just that', async (_, policy, statuses) => {
    expect((await give(policy)).status).toBe(200)
    expect(await may()).toEqual(statuses)
  })

  test('refuse by their name, before the body is read', async () => {
    await give({})
    const { body } = await ask(tenant(), `${tenant().vaultUrl}/certificates/${name}/create?api-version=7.4`, {
      token,
      body: 'no JSON',
    })
    expect(body.error).toMatchObject({ code: 'Forbidden', innererror: { code: 'ForbiddenByPolicy' } })
  })

  test.each([{ certificates: ['everything'] }, { keys: 'sign' }, { roles: ['Owner'] }, { roles: 'x' }])(
    'that are none are refused: %j',
    async (policy) => {
      expect((await give(policy)).status).toBe(400)
    },
  )
})

describe('roles', () => {
  beforeAll(async () => {
    await admin('PATCH', '/settings', { vaultByRoles: true })
  })

  test.each<[string, number[]]>([
    ['Key Vault Certificates Officer', [200, 403, 403]],
    ['Key Vault Certificate User', [200, 200, 403]],
    ['Key Vault Crypto User', [403, 403, 200]],
    ['Key Vault Secrets User', [403, 200, 403]],
    ['Key Vault Reader', [200, 403, 403]],
    ['Key Vault Administrator', [200, 200, 200]],
  ])('%s opens just what it does in the cloud', async (role, statuses) => {
    await give({ roles: [role] })
    expect(await may()).toEqual(statuses)
  })

  test('refuse by their name, with the action', async () => {
    await give({ certificates: ['get'], secrets: ['get'] })
    const { body } = await vault(`/secrets/${name}`)
    expect(body.error.innererror).toEqual({ code: 'ForbiddenByRbac' })
    expect(body.error.message).toContain("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n")
  })
})
