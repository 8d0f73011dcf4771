/** What the vault has beside certificates, or has not: each answer in a shape that the clients of Azure can read. */
import { beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { refusalOf, vaultCalls } from '../../../support/tenant-calls.ts'
import { ask } from '../../../support/tenant-client.ts'

let now = new Date()
const tenant = withTenant({ now: () => now })
const vault = vaultCalls(tenant)
const NAME = 'other'
const GONE = 'other-gone'

beforeAll(async () => {
  const body = { value: tenant().client.certificatePem }
  for (const name of [NAME, GONE]) {
    expect((await vault('POST', `/certificates/${name}/import`, body)).status).toBe(200)
  }
  await vault('DELETE', `/certificates/${GONE}`)
  now = new Date(now.getTime() + 50)
})

describe('the authorities and contacts of a vault', () => {
  test('are none: a list without entries', async () => {
    const { status, body } = await vault('GET', '/certificates/issuers')
    expect({ status, body }).toEqual({ status: 200, body: { value: [], nextLink: null } })
  })

  test.each([
    ['/certificates/issuers/DigiCert', 'CertificateIssuerNotFound'],
    ['/certificates/contacts', 'ContactsNotFound'],
  ])('are no certificates: %s is %s', async (path, code) => {
    expect(refusalOf(await vault('GET', path))).toEqual({ status: 404, code })
  })
})

describe('key and secret of a certificate', () => {
  test.each([
    ['DELETE', `/secrets/${NAME}`, 'Secret', 'delete'],
    ['PUT', `/secrets/${NAME}`, 'Secret', 'set'],
    ['PATCH', `/secrets/${NAME}`, 'Secret', 'set'],
    ['POST', `/deletedsecrets/${GONE}/recover`, 'Secret', 'recover'],
    ['DELETE', `/deletedsecrets/${GONE}`, 'Secret', 'purge'],
    ['DELETE', `/keys/${NAME}`, 'Key', 'delete'],
    ['POST', `/keys/${NAME}/create`, 'Key', 'create'],
    ['PATCH', `/keys/${NAME}`, 'Key', 'update'],
    ['POST', `/deletedkeys/${GONE}/recover`, 'Key', 'recover'],
    ['DELETE', `/deletedkeys/${GONE}`, 'Key', 'purge'],
  ])('are not changed without it: %s %s is %sManagedByKeyVault', async (method, path, kind, operation) => {
    const answer = await vault(method, path, {})
    expect(refusalOf(answer)).toEqual({ status: 403, code: 'Forbidden', inner: `${kind}ManagedByKeyVault` })
    const words = `Operation "${operation}" is not allowed on this ${kind.toLowerCase()}, since it is associated with a certificate. Perform the operation on the corresponding certificate.`
    expect(answer.body.error.message).toContain(words)
    expect((await vault('GET', `/certificates/${NAME}`)).status).toBe(200)
  })

  test.each([
    ['DELETE', '/secrets/none', 'SecretNotFound'],
    ['PATCH', '/secrets/none', 'SecretNotFound'],
    ['DELETE', '/keys/none', 'KeyNotFound'],
    ['GET', '/keys/none/rotationpolicy', 'KeyNotFound'],
    ['GET', `/deletedsecrets/${NAME}`, 'SecretNotFound'],
    ['GET', `/deletedkeys/${NAME}`, 'KeyNotFound'],
    ['DELETE', '/deletedkeys/none', 'KeyNotFound'],
  ])('are not found where there is no such certificate: %s %s is %s', async (method, path, code) => {
    expect(refusalOf(await vault(method, path))).toEqual({ status: 404, code })
  })

  test('are in the bin with it, the secret without its value', async () => {
    const origin = tenant().vaultUrl
    const times = { deletedDate: expect.any(Number), scheduledPurgeDate: expect.any(Number) }
    for (const [plane, id] of [
      ['secrets', 'id'],
      ['keys', 'kid'],
    ]) {
      const item = {
        ...{ [String(id)]: `${origin}/${plane}/${GONE}`, managed: true, ...times },
        recoveryId: `${origin}/deleted${plane}/${GONE}`,
      }
      const list = await vault('GET', `/deleted${plane}`)
      expect(list.body).toMatchObject({ value: [item], nextLink: null })
      const one = await vault('GET', `/deleted${plane}/${GONE}`)
      expect(one.body).toMatchObject({ recoveryId: item.recoveryId, managed: true, ...times })
      expect(one.body).not.toHaveProperty('value')
    }
  })

  test('a certificate that was never issued has none in the bin', async () => {
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=x' } }
    expect((await vault('POST', '/certificates/unissued/create', { policy })).status).toBe(202)
    expect((await vault('DELETE', '/certificates/unissued')).status).toBe(200)
    now = new Date(now.getTime() + 50)
    expect((await vault('GET', '/deletedcertificates/unissued')).status).toBe(200)
    expect((await vault('GET', '/deletedkeys')).body.value).toHaveLength(1)
    expect(refusalOf(await vault('GET', '/deletedkeys/unissued'))).toEqual({
      status: 404,
      code: 'KeyNotFound',
    })
  })
})

describe('what Key Vault has and this vault does not', () => {
  test.each([
    ['PUT', '/secrets/new', 'secrets/set'],
    ['PUT', `/secrets/${GONE}`, 'secrets/set'],
    ['POST', '/keys/new/create', 'keys/create'],
    ['PUT', '/keys/new', 'keys/import'],
    ['POST', `/keys/${NAME}//encrypt`, 'keys/encrypt'],
    ['POST', `/keys/${NAME}/${'0'.repeat(32)}/decrypt`, 'keys/decrypt'],
    ['POST', `/keys/${NAME}/wrapkey`, 'keys/wrapKey'],
    ['POST', `/keys/${NAME}/unwrapkey`, 'keys/unwrapKey'],
    ['POST', `/keys/${NAME}/verify`, 'keys/verify'],
    ['POST', `/keys/${NAME}/rotate`, 'keys/rotate'],
    ['PUT', `/keys/${NAME}/rotationpolicy`, 'keys/setrotationpolicy'],
    ['GET', `/keys/${NAME}/rotationpolicy`, 'keys/getrotationpolicy'],
    ['POST', `/certificates/${NAME}/backup`, 'backup'],
    ['POST', '/secrets/restore', 'restore'],
    ['PUT', '/certificates/contacts', 'certificates/setcontacts'],
    ['PUT', '/certificates/issuers/x', 'certificates/setissuers'],
    ['DELETE', '/certificates/issuers/x', 'certificates/deleteissuers'],
    ['POST', '/rng', 'rng'],
  ])('is refused in words: %s %s', async (method, path, operation) => {
    const answer = await vault(method, path, {})
    expect(refusalOf(answer)).toEqual({ status: 400, code: 'NotSupported' })
    expect(answer.body.error.message).toContain(
      `Operation "${operation}" is not supported by the local vault`,
    )
  })

  test('is told, as another method is, only after the caller is known', async () => {
    for (const [method, path] of [
      ['PUT', '/secrets/new'],
      ['PUT', '/keys/new'],
      ['PUT', `/certificates/${NAME}`],
    ]) {
      const url = `${tenant().vaultUrl}${path}?api-version=7.4`
      const answer = await ask(tenant(), url, { ...(method ? { method } : {}), body: {} })
      expect(refusalOf(answer)).toEqual({ status: 401, code: 'Unauthorized' })
      expect(answer.headers['www-authenticate']).toContain('Bearer authorization=')
    }
  })

  test('an address that nobody has is NotFound', async () => {
    expect(refusalOf(await vault('GET', '/nothing'))).toEqual({ status: 404, code: 'NotFound' })
    const answer = await ask(tenant(), `${tenant().vaultUrl}/nothing?api-version=7.4`)
    expect(refusalOf(answer)).toEqual({ status: 404, code: 'NotFound' })
  })

  test('an address that takes other methods says which, in JSON', async () => {
    const answer = await vault('PUT', `/certificates/${NAME}`, {})
    expect(refusalOf(answer)).toEqual({ status: 405, code: 'MethodNotAllowed' })
    expect(answer.headers.allow).toBe('GET, PATCH, DELETE')
    expect(answer.body.error.message).toContain('PUT')
  })
})
