/** The exact shapes and headers of the vault's answers (key-vault.md, "Create", "Bundle", "Secret", "Key", "Headers"). */
import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../../../support/tenant.ts'
import { vaultCalls } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'

let now = new Date()
const tenant = withTenant({ now: () => now })
const vault = vaultCalls(tenant)
const SELF = { policy: { issuer: { name: 'Self' }, x509_props: { subject: 'CN=shape' } }, tags: { a: 'b' } }
const seconds = () => Math.floor(now.getTime() / 1000)

let made = 0
async function created(body: object = SELF) {
  made += 1
  const name = `shape-${made}`
  const answer = await vault('POST', `/certificates/${name}/create`, body)
  return { name, answer }
}
async function issued(body?: object): Promise<string> {
  const { name } = await created(body)
  now = new Date(now.getTime() + 50)
  return name
}

describe('a certificate that is made anew by another issuer', () => {
  test('is shown as it is until then, and by the new version as not yet issued', async () => {
    const name = await issued()
    const { body: before } = await vault('GET', `/certificates/${name}`)
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=anew' } }
    expect((await vault('POST', `/certificates/${name}/create`, { policy })).status).toBe(202)
    const { status, body } = await vault('GET', `/certificates/${name}`)
    expect({ status, id: body.id, cer: body.cer }).toEqual({ status: 200, id: before.id, cer: before.cer })
    const version = before.id.split('/').at(-1)
    expect((await vault('GET', `/certificates/${name}/${version}`)).body.cer).toBe(before.cer)
    expect((await vault('GET', `/certificates/${name}/${'0'.repeat(32)}`)).status).toBe(404)
  })

  test('has, as its first version, the id by which it is found while it is not issued', async () => {
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=first' } }
    const { name } = await created({ policy })
    const { body } = await vault('GET', `/certificates/${name}`)
    expect(body).not.toHaveProperty('cer')
    const byVersion = await vault('GET', `/certificates/${name}/${body.id.split('/').at(-1)}`)
    expect({ status: byVersion.status, body: byVersion.body }).toEqual({ status: 200, body })
  })
})

describe('a change of one version', () => {
  test('leaves the other versions as they are, and the tags where none are sent', async () => {
    const name = await issued()
    const { body: first } = await vault('GET', `/certificates/${name}`)
    await vault('POST', `/certificates/${name}/create`, SELF)
    now = new Date(now.getTime() + 50)
    const { body: second } = await vault('GET', `/certificates/${name}`)
    expect(second.id).not.toBe(first.id)
    const pathOf = ({ id }: { id: string }) => id.slice(tenant().vaultUrl.length)
    const changed = await vault('PATCH', pathOf(first), { attributes: { enabled: false } })
    expect(changed.body).toMatchObject({ attributes: { enabled: false }, tags: { a: 'b' } })
    const shown = async (bundle: { id: string }) => {
      const { attributes, tags } = (await vault('GET', pathOf(bundle))).body
      return { enabled: attributes.enabled, tags }
    }
    expect(await shown(first)).toEqual({ enabled: false, tags: { a: 'b' } })
    expect(await shown(second)).toEqual({ enabled: true, tags: { a: 'b' } })
  })
})

describe('what is issued', () => {
  test('has the names and the life that its policy says', async () => {
    const sans = { dns_names: ['a.example'], emails: ['a@b.example'] }
    const x509_props = { subject: 'CN=x', sans, validity_months: 3 }
    const name = await issued({ policy: { issuer: { name: 'Self' }, x509_props } })
    const { body } = await vault('GET', `/certificates/${name}`)
    const certificate = new X509Certificate(Buffer.from(body.cer, 'base64'))
    expect(certificate.subjectAltName?.split(', ').toSorted()).toEqual(['DNS:a.example', 'email:a@b.example'])
    const end = new Date(certificate.validFromDate)
    end.setUTCMonth(end.getUTCMonth() + 3)
    expect(certificate.validToDate).toEqual(end)
  })

  test('is not among keys and secrets before it is there, nor has it a version', async () => {
    const policy = { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=x' } }
    const { name } = await created({ policy })
    for (const plane of ['keys', 'secrets']) {
      const { status, text } = await vault('GET', `/${plane}`)
      expect(status).toBe(200)
      expect(text).not.toContain(`/${name}"`)
      const one = await vault('GET', `/${plane}/${name}`)
      expect(one.status).toBe(404)
      expect(one.body.error.message).toContain(`(name/id) ${name} was not found`)
    }
  })

  test('needs a policy, or one that is there already', async () => {
    const { answer } = await created({})
    expect({ status: answer.status, code: answer.body.error.code }).toEqual({
      status: 400,
      code: 'BadParameter',
    })
    const name = await issued()
    expect((await vault('POST', `/certificates/${name}/create`, {})).status).toBe(202)
  })
})

describe('create', () => {
  test('answers 202 with where and when to look again, and the operation', async () => {
    const { name, answer } = await created()
    const { vaultUrl } = tenant()
    expect(answer.status).toBe(202)
    expect(answer.headers['retry-after']).toBe('10')
    expect(answer.headers.location).toBe(
      `${vaultUrl}/certificates/${name}/pending?api-version=7.4&request_id=${answer.body.request_id}`,
    )
    expect(answer.body).toEqual({
      id: `${vaultUrl}/certificates/${name}/pending`,
      issuer: { name: 'Self' },
      csr: expect.stringMatching(/^MII/),
      cancellation_requested: false,
      status: 'inProgress',
      status_details:
        'Pending certificate created. Certificate request is in progress. This may take some time based on the issuer provider. Please check again later.',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  test('is pending until it is done, then says where it is, without details', async () => {
    const { name, answer } = await created()
    const looked = await vault('GET', `/certificates/${name}/pending`)
    expect(looked.body).toEqual(answer.body)
    expect(looked.headers).not.toHaveProperty('location')
    now = new Date(now.getTime() + 50)
    const { status_details: _, ...rest } = answer.body
    expect((await vault('GET', `/certificates/${name}/pending`)).body).toEqual({
      ...rest,
      status: 'completed',
      target: `${tenant().vaultUrl}/certificates/${name}`,
    })
  })

  test('shows a certificate that is disabled, without key, secret and content, until then', async () => {
    const { name } = await created()
    const { body } = await vault('GET', `/certificates/${name}`)
    expect(Object.keys(body)).toEqual(['id', 'attributes', 'policy', 'pending'])
    expect(body.attributes.enabled).toBe(false)
    const other = await vault('GET', `/certificates/${name}/${'0'.repeat(32)}`)
    expect(other.body.error.code).toBe('CertificateNotFound')
    expect((await vault('GET', `/keys/${name}`)).body.error.code).toBe('KeyNotFound')
    expect((await vault('GET', `/secrets/${name}`)).body.error.code).toBe('SecretNotFound')
  })

  test('is listed only with includePending until then', async () => {
    const { name } = await created()
    const id = `${tenant().vaultUrl}/certificates/${name}`
    const listed = async (query: string) =>
      (await vault('GET', `/certificates${query}`)).body.value.filter(
        (item: { id: string }) => item.id === id,
      )
    expect(await listed('')).toEqual([])
    expect(await listed('?includePending=false')).toEqual([])
    expect(await listed('?includePending=true')).toEqual([{ id, attributes: { enabled: false } }])
  })
})

describe('a certificate', () => {
  test('has one version id on all three planes, a SHA-1 thumbprint, and no other', async () => {
    const name = await issued()
    const { body } = await vault('GET', `/certificates/${name}`)
    const version = body.id.split('/').at(-1)
    expect(version).toMatch(/^[0-9a-f]{32}$/)
    expect(body.kid).toBe(`${tenant().vaultUrl}/keys/${name}/${version}`)
    expect(body.sid).toBe(`${tenant().vaultUrl}/secrets/${name}/${version}`)
    const leaf = new X509Certificate(Buffer.from(body.cer, 'base64'))
    expect(Buffer.from(body.x5t, 'base64url').toString('hex').toUpperCase()).toBe(
      leaf.fingerprint.replaceAll(':', ''),
    )
    expect(Object.keys(body)).toEqual([
      ...['id', 'kid', 'sid', 'x5t', 'cer', 'attributes', 'tags', 'policy', 'pending'],
    ])
    expect(body.tags).toEqual({ a: 'b' })
  })

  test('has Key Vault’s defaults, dated back ten minutes', async () => {
    const name = await issued()
    const { body } = await vault('GET', `/certificates/${name}`)
    expect(body.policy).toMatchObject({
      id: `${tenant().vaultUrl}/certificates/${name}/policy`,
      key_props: { exportable: true, kty: 'RSA', key_size: 2048, reuse_key: false },
      secret_props: { contentType: 'application/x-pkcs12' },
      x509_props: {
        subject: 'CN=shape',
        ekus: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
        key_usage: ['digitalSignature', 'keyEncipherment'],
        validity_months: 12,
      },
      lifetime_actions: [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'AutoRenew' } }],
      issuer: { name: 'Self' },
      attributes: { enabled: true },
    })
    expect(body.attributes).toEqual({
      enabled: true,
      nbf: seconds() - 600,
      exp: expect.any(Number),
      created: seconds(),
      updated: seconds(),
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: 90,
    })
  })

  test('is made disabled where that was asked for, and with an empty policy of the one before', async () => {
    const name = await issued({ ...SELF, attributes: { enabled: false } })
    expect((await vault('GET', `/certificates/${name}`)).body.attributes.enabled).toBe(false)
    expect((await vault('POST', `/certificates/${name}/create`, {})).status).toBe(202)
    now = new Date(now.getTime() + 50)
    const { body } = await vault('GET', `/certificates/${name}`)
    expect(new X509Certificate(Buffer.from(body.cer, 'base64')).subject).toBe('CN=shape')
  })

  test('is one whatever its letter case, and keeps how it was first written', async () => {
    const name = await issued()
    const { body } = await vault('GET', `/certificates/${name.toUpperCase()}`)
    expect(body.id).toContain(`/certificates/${name}/`)
  })

  test.each(['create', 'import'])(
    'is one, though its name was first written in capitals: %s',
    async (how) => {
      const body = how === 'import' ? { value: tenant().client.certificatePem } : SELF
      await vault('POST', `/certificates/Capital-${how}/${how}`, body)
      for (const name of [`capital-${how}`, `CAPITAL-${how}`]) {
        const found = await vault('GET', `/certificates/${name}`)
        expect(found.body.id).toContain(`/certificates/Capital-${how}/`)
      }
    },
  )

  test('has versions whose letter case does not count', async () => {
    const { id } = (await vault('GET', `/certificates/${await issued()}`)).body
    const [name, version = ''] = id.split('/').slice(-2)
    expect((await vault('GET', `/certificates/${name}/${version.toUpperCase()}`)).body.id).toBe(id)
  })

  test('of a version that there is not is not found', async () => {
    const name = await issued()
    const version = '0'.repeat(32)
    for (const [plane, code] of [
      ['certificates', 'CertificateNotFound'],
      ['keys', 'KeyNotFound'],
      ['secrets', 'SecretNotFound'],
    ]) {
      const { status, body } = await vault('GET', `/${plane}/${name}/${version}`)
      expect({ status, code: body.error.code }).toEqual({ status: 404, code })
      expect(body.error.message).toContain(`(name/id) ${name}/${version} was not found in this key vault.`)
      expect(body.error.message).toContain('https://go.microsoft.com/fwlink/?linkid=2125182')
    }
  })

  test('in a list has no content', async () => {
    const name = await issued()
    const { body } = await vault('GET', `/certificates/${name}/versions`)
    expect(Object.keys(body.value[0])).toEqual(['id', 'x5t', 'attributes', 'tags'])
    expect(body.nextLink).toBeNull()
  })
})

describe('its secret and its key', () => {
  test('have Key Vault’s members', async () => {
    const name = await issued()
    const { body: secret } = await vault('GET', `/secrets/${name}`)
    expect(Object.keys(secret).toSorted()).toEqual([
      ...['attributes', 'contentType', 'id', 'kid', 'managed', 'tags', 'value'],
    ])
    expect(secret).toMatchObject({ contentType: 'application/x-pkcs12', managed: true })
    const { body: key } = await vault('GET', `/keys/${name}`)
    expect(Object.keys(key.key).toSorted()).toEqual(['e', 'key_ops', 'kid', 'kty', 'n'])
    expect(key.managed).toBe(true)
    const { body: secrets } = await vault('GET', '/secrets')
    expect(secrets.value).not.toEqual([])
    for (const entry of secrets.value) expect(entry).not.toHaveProperty('value')
    const { body: keys } = await vault('GET', '/keys')
    for (const entry of keys.value) expect(entry).toMatchObject({ kid: expect.any(String), managed: true })
  })

  test.each([
    [['digitalSignature'], ['sign', 'verify']],
    [['keyEncipherment'], ['wrapKey', 'unwrapKey']],
    [['dataEncipherment'], ['encrypt', 'decrypt']],
    [['keyCertSign'], []],
  ])('of the usage %j may %j', async (key_usage, operations) => {
    const policy = { ...SELF.policy, x509_props: { subject: 'CN=usage', key_usage } }
    const name = await issued({ policy })
    expect((await vault('GET', `/keys/${name}`)).body.key.key_ops).toEqual(operations)
  })

  test('of an older version stay usable', async () => {
    const name = await issued()
    const { body: first } = await vault('GET', `/certificates/${name}`)
    await vault('POST', `/certificates/${name}/import`, { value: tenant().client.certificatePem })
    const version = first.id.split('/').at(-1)
    const sign = { alg: 'PS256', value: Buffer.alloc(32).toString('base64url') }
    const { status, body } = await vault('POST', `/keys/${name}/${version}/sign`, sign)
    expect({ status, kid: body.kid }).toEqual({ status: 200, kid: first.kid })
    expect((await vault('GET', `/secrets/${name}/${version}`)).status).toBe(200)
    const { body: newest } = await vault('GET', `/certificates/${name}`)
    const { certificatePem } = tenant().client
    expect(newest.cer).toBe(new X509Certificate(certificateOf(certificatePem)).raw.toString('base64'))
  })
})

describe('every answer of the vault', () => {
  test.each(['/certificates', '/certificates/nope', '/nothing/of/the/kind'])(
    'has Key Vault’s headers: %s',
    async (path) => {
      const more = { headers: { 'x-ms-client-request-id': 'mine' } }
      const { headers } = await vault('GET', path, undefined, more)
      expect(headers).toMatchObject({
        'cache-control': 'no-cache',
        'x-ms-client-request-id': 'mine',
        'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
        'x-ms-keyvault-region': 'local',
        'x-ms-keyvault-service-version': expect.stringMatching(/^\d+\.\d+/),
        'x-ms-request-id': expect.stringMatching(/^[0-9a-f]{8}-/),
        'x-content-type-options': 'nosniff',
      })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    },
  )
})
