/** What a caller of the vault may send, and what it may not: names, bodies, tags, pages (key-vault.md). */
import { describe, expect, test } from 'vitest'
import { refusalOf } from '../../../support/tenant-calls.ts'
import { accessToken, ask } from '../../../support/tenant-client.ts'
import { withTimedVault } from '../../../support/timed-vault.ts'

const { tenant, vault, newName, issued, imported, self: SELF } = withTimedVault('calls')

const BAD = { status: 400, code: 'BadParameter' }

describe('the name of a certificate', () => {
  test.each(['a'.repeat(128), 'with_underscore', 'with.dot', 'with%20space', 'mit-ü'])(
    'may not be %s',
    async (name) => {
      for (const [action, body] of [
        ['create', SELF],
        ['import', imported()],
      ] as const) {
        const answer = await vault('POST', `/certificates/${encodeURI(name)}/${action}`, body)
        expect(refusalOf(answer)).toEqual(BAD)
        expect(answer.body.error.message).toMatch(/^The request URI contains an invalid name: /)
      }
    },
  )

  test('may have 127 letters', async () => {
    expect((await vault('POST', `/certificates/${'a'.repeat(127)}/import`, imported())).status).toBe(200)
  })
})

describe('a body', () => {
  test.each(['', '{', '[]', '"x"', 'null', '7'])('that is %j is no JSON object', async (body) => {
    for (const path of ['/certificates/x/create', '/certificates/x/import']) {
      expect(refusalOf(await vault('POST', path, undefined, { body, method: 'POST' }))).toEqual(BAD)
    }
  })

  test.each<[string, object]>([
    ['attributes that are no object', { attributes: [] }],
    ['enabled that is no flag', { attributes: { enabled: 'yes' } }],
    ['tags that are a list', { tags: [] }],
    ['a tag that is no text', { tags: { a: 1 } }],
    ['a tag that is a list', { tags: { a: ['x'] } }],
    ['a tag that is too long', { tags: { a: 'x'.repeat(257) } }],
    ['the name of a tag that is too long', { tags: { ['x'.repeat(257)]: 'a' } }],
    [
      'sixteen tags',
      { tags: Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`t${index}`, ''])) },
    ],
  ])('with %s is refused, and changes nothing', async (_, bad) => {
    const name = newName()
    expect(refusalOf(await vault('POST', `/certificates/${name}/create`, { ...SELF, ...bad }))).toEqual(BAD)
    expect(refusalOf(await vault('POST', `/certificates/${name}/import`, { ...imported(), ...bad }))).toEqual(
      BAD,
    )
    expect((await vault('GET', `/certificates/${name}`)).status).toBe(404)
    const present = await issued()
    const { body: before } = await vault('GET', `/certificates/${present}`)
    expect(refusalOf(await vault('PATCH', `/certificates/${present}`, bad))).toEqual(BAD)
    expect((await vault('GET', `/certificates/${present}`)).body).toEqual(before)
  })

  test('may have fifteen tags, of 256 characters', async () => {
    const names = Array.from({ length: 15 }, (_, index) => `${index}`.padStart(256, 't'))
    const tags = Object.fromEntries(names.map((name) => [name, 'x'.repeat(256)]))
    const name = await issued({ ...SELF, tags })
    expect((await vault('GET', `/certificates/${name}`)).body.tags).toEqual(tags)
  })

  test('may have null for what is not set', async () => {
    const name = newName()
    for (const attributes of [null, { enabled: null }]) {
      const body = { ...imported(), attributes, tags: null }
      expect((await vault('POST', `/certificates/${name}/import`, body)).status).toBe(200)
      expect((await vault('GET', `/certificates/${name}`)).body.attributes.enabled).toBe(true)
    }
  })
})

describe('api-version', () => {
  const get = (query: string) => vault('GET', `/certificates?${query}`)

  test.each([
    '7.0',
    '7.7',
    '8.0',
    'v7.4',
    'v2025-07-01',
    '2026-04-02',
    '2027-01-01-preview',
    'latest',
    '7.4x',
    '2026-4-1',
    '2025-07-01x',
    '2025-07-01-previews',
  ])('%s is not supported', async (version) => {
    // The caller's own comes first; the helper's is then the second of that name, which does not count.
    expect(refusalOf(await get(`api-version=${version}`))).toEqual(BAD)
  })

  test.each([
    '7.1',
    '7.2',
    '7.3',
    '7.4',
    '7.5',
    '7.6-preview.2',
    '2025-06-01-preview',
    '2026-04-01',
    '2026-04-01-preview',
  ])('%s is', async (version) => {
    expect((await get(`api-version=${version}`)).status).toBe(200)
  })

  test('must be there', async () => {
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')
    const answer = await ask(tenant(), `${tenant().vaultUrl}/certificates`, { token })
    expect(refusalOf(answer)).toEqual(BAD)
    expect(answer.body.error.message).toBe('api-version must be specified')
  })

  test('is asked for after the token, and before anything else', async () => {
    const url = '/certificates/none?api-version=6.0'
    expect((await vault('GET', url, undefined, { token: 'rubbish' })).status).toBe(401)
    expect(refusalOf(await vault('GET', url))).toEqual(BAD)
  })
})

describe('pages', () => {
  test.each(['0', '26', '-1', '1.5', 'x', ''])('refuse maxresults=%j, on every plane', async (size) => {
    for (const plane of ['certificates', 'keys', 'secrets', 'deletedcertificates'])
      expect(refusalOf(await vault('GET', `/${plane}?maxresults=${size}`))).toEqual(BAD)
  })

  test('go on where the last one ended, though something was removed in between', async () => {
    const names = [newName(), newName(), newName()]
    for (const name of names) await vault('POST', `/certificates/${name}/import`, imported())
    const ids = ({ body }: Awaited<ReturnType<typeof vault>>) =>
      body.value.map(({ id }: { id: string }) => id.split('/').at(-1))
    const seen: string[] = []
    let path = '/certificates?maxresults=1'
    for (let removed = false; ; ) {
      const answer = await vault('GET', path)
      seen.push(...ids(answer))
      if (!removed && seen.includes(names[0] ?? '')) {
        await vault('DELETE', `/certificates/${names[0]}`)
        removed = true
      }
      const { nextLink } = answer.body
      if (nextLink === null) break
      const query = new URL(nextLink).searchParams
      path = `/certificates?maxresults=1&$skiptoken=${query.get('$skiptoken')}`
    }
    for (const name of names) expect(seen.filter((each) => each === name)).toHaveLength(1)
  })

  test('end with the last item, and have 25 of them at most', async () => {
    const host = 'paged.vault.azure.net'
    for (const name of ['a', 'b']) await vault('POST', `/certificates/${name}/import`, imported(), { host })
    const list = async (size: number) => {
      const { body } = await vault('GET', `/certificates?maxresults=${size}`, undefined, { host })
      return [body.value.length, typeof body.nextLink]
    }
    expect([await list(25), await list(2), await list(1)]).toEqual([
      [2, 'object'],
      [2, 'object'],
      [1, 'string'],
    ])
  })

  test('keep the size that was asked for in their links, and the api-version', async () => {
    const { body } = await vault('GET', '/certificates?maxresults=1')
    expect(body.value).toHaveLength(1)
    const query = new URL(body.nextLink).searchParams
    expect([query.get('maxresults'), query.get('api-version')]).toEqual(['1', '7.4'])
  })
})

describe('import', () => {
  test('says what the certificate says, whatever policy was sent', async () => {
    const name = newName()
    const policy = {
      x509_props: { subject: 'CN=other', validity_months: 1 },
      key_props: { exportable: false },
    }
    const { body } = await vault('POST', `/certificates/${name}/import`, { ...imported(), policy })
    expect(body.policy).toMatchObject({
      x509_props: { subject: 'CN=todo-daemon', validity_months: 12 },
      key_props: { key_size: 2048, exportable: false },
      secret_props: { contentType: 'application/x-pem-file' },
      issuer: { name: 'Unknown' },
      attributes: { enabled: true },
    })
    expect((await vault('GET', `/secrets/${name}`)).body.value).not.toContain('PRIVATE KEY')
  })

  test('lets the key out where nobody says that it must not', async () => {
    const name = newName()
    await vault('POST', `/certificates/${name}/import`, imported())
    expect((await vault('GET', `/secrets/${name}`)).body.value).toContain('PRIVATE KEY')
  })

  test('disabled is disabled: no secret, no signature', async () => {
    const name = newName()
    await vault('POST', `/certificates/${name}/import`, { ...imported(), attributes: { enabled: false } })
    expect(refusalOf(await vault('GET', `/secrets/${name}`)).inner).toBe('SecretDisabled')
    const sign = { alg: 'PS256', value: Buffer.alloc(32).toString('base64url') }
    expect(refusalOf(await vault('POST', `/keys/${name}/sign`, sign)).inner).toBe('KeyDisabled')
    await vault('PATCH', `/certificates/${name}`, { attributes: { enabled: true } })
    expect((await vault('POST', `/keys/${name}/sign`, sign)).status).toBe(200)
  })

  test.each<[string, object]>([
    ['a value that is no text', { value: 7 }],
    ['a policy that is no object', { policy: [] }],
    ['an issuer that there is not', { policy: { issuer: { name: 'DigiCert' } } }],
  ])('refuses %s', async (_, change) => {
    const name = newName()
    expect(
      refusalOf(await vault('POST', `/certificates/${name}/import`, { ...imported(), ...change })),
    ).toEqual(BAD)
    expect((await vault('GET', `/certificates/${name}`)).status).toBe(404)
  })

  test('takes PEM whose base64 was wrapped once more, as some clients send it', async () => {
    const name = newName()
    const value = Buffer.from(tenant().client.certificatePem).toString('base64')
    expect((await vault('POST', `/certificates/${name}/import`, { value })).status).toBe(200)
  })
})

describe('a policy that is changed', () => {
  test('is refused where it is none, and stays', async () => {
    const name = await issued()
    const { body: before } = await vault('GET', `/certificates/${name}/policy`)
    const answer = await vault('PATCH', `/certificates/${name}/policy`, { key_props: { key_size: 512 } })
    expect(refusalOf(answer)).toEqual(BAD)
    expect((await vault('GET', `/certificates/${name}/policy`)).body).toEqual(before)
  })

  test('does not let out a key that was not to leave: that is decided when it is made', async () => {
    const name = await issued({ policy: { ...SELF.policy, key_props: { exportable: false } } })
    await vault('PATCH', `/certificates/${name}/policy`, { key_props: { exportable: true } })
    const { body } = await vault('GET', `/secrets/${name}`)
    const pem = Buffer.from(body.value, 'base64')
    expect((await vault('GET', `/keys/${name}`)).body.attributes.exportable).toBe(false)
    expect(pem.length).toBeLessThan(1500)
  })
})

describe('signing', () => {
  const digest = Buffer.alloc(32, 1)
  const sign = (body: object) => vault('POST', `/keys/${tenant().vaultCertificateName}/sign`, body)

  test.each<[string, object]>([
    ['31 bytes', { alg: 'RS256', value: digest.subarray(1).toString('base64url') }],
    ['33 bytes', { alg: 'RS256', value: Buffer.alloc(33).toString('base64url') }],
    ['no bytes', { alg: 'RS256', value: '' }],
    ['a digest in padded base64', { alg: 'RS256', value: digest.toString('base64') }],
    ['a digest with more before it', { alg: 'RS256', value: `!${digest.toString('base64url')}` }],
    ['a digest that is no text', { alg: 'PS256', value: [1] }],
    ['no algorithm', { value: digest.toString('base64url') }],
    ['a digest of another hash', { alg: 'RS512', value: Buffer.alloc(32).toString('base64url') }],
    ['a curve', { alg: 'ES256', value: digest.toString('base64url') }],
    ['another letter case', { alg: 'rs256', value: digest.toString('base64url') }],
  ])('takes no %s', async (_, body) => {
    expect(refusalOf(await sign(body))).toEqual(BAD)
  })

  test('takes no version that there is not', async () => {
    const path = `/keys/${tenant().vaultCertificateName}/${'0'.repeat(32)}/sign`
    const body = { alg: 'RS256', value: digest.toString('base64url') }
    expect(refusalOf(await vault('POST', path, body)).code).toBe('KeyNotFound')
  })

  test('says which key it was, with its version', async () => {
    const { body } = await sign({ alg: 'RS256', value: digest.toString('base64url') })
    expect(body.kid).toMatch(/\/keys\/todo-daemon\/[0-9a-f]{32}$/)
    expect(Buffer.from(body.value, 'base64url')).toHaveLength(256)
  })
})
