import { constants, createHash, randomUUID, verify, X509Certificate } from 'node:crypto'
import { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity'
import { CertificateClient } from '@azure/keyvault-certificates'
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import { describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask } from '../support/tenant-client.ts'

const tenant = withTenant()

const overTls = () => ({ tlsOptions: { ca: tenant().caPem }, retryOptions: { maxRetries: 0 } })

function operator() {
  const { tenantId, operator, authority } = tenant()
  return new ClientCertificateCredential(
    tenantId,
    operator.appId,
    { certificate: operator.certificatePem },
    {
      authorityHost: new URL(authority).origin,
      disableInstanceDiscovery: true,
      ...overTls(),
    },
  )
}

const forVault = () => ({ disableChallengeResourceVerification: true, ...overTls() })
const certificates = () => new CertificateClient(tenant().vaultUrl, operator(), forVault())
const keys = () => new KeyClient(tenant().vaultUrl, operator(), forVault())

async function created(
  policy: {
    exportable?: boolean
    subject?: string
    keyUsage?: ('keyEncipherment' | 'digitalSignature')[]
  } = {},
) {
  const name = `c-${randomUUID()}`
  const poller = await certificates().beginCreateCertificate(
    name,
    { issuerName: 'Self', subject: 'CN=made', exportable: false, ...policy },
    { intervalInMs: 20 },
  )
  return poller.pollUntilDone()
}

const data = Buffer.from('what is to be signed')
const digest = createHash('sha256').update(data).digest()

describe('a certificate made with the real client', () => {
  test('is pending at first, and then there with key and secret identifiers', async () => {
    const certificate = await created()
    expect(certificate.properties.enabled).toBe(true)
    expect(certificate.keyId).toMatch(/^https:\/\/localhost:\d+\/keys\/c-[\w-]+\/[0-9a-f]{32}$/)
    expect(certificate.secretId).toMatch(/\/secrets\//)
    expect(certificate.policy?.exportable).toBe(false)
    const leaf = new X509Certificate(Buffer.from(certificate.cer ?? []))
    expect(leaf.subject).toBe('CN=made')
    expect(
      Buffer.from(certificate.properties.x509Thumbprint ?? [])
        .toString('hex')
        .toUpperCase(),
    ).toBe(leaf.fingerprint.replaceAll(':', ''))
  })

  test('can be read again by name and by version', async () => {
    const { name, properties } = await created()
    const latest = await certificates().getCertificate(name)
    const same = await certificates().getCertificateVersion(name, properties.version ?? '')
    expect(same.cer).toEqual(latest.cer)
  })

  test('gets a second version on the same name, and keeps the first', async () => {
    const first = await created()
    const again = await certificates().beginCreateCertificate(
      first.name,
      { issuerName: 'Self', subject: 'CN=made' },
      { intervalInMs: 20 },
    )
    const second = await again.pollUntilDone()
    expect(second.properties.version).not.toBe(first.properties.version)
    const versions: (string | undefined)[] = []
    for await (const { version } of certificates().listPropertiesOfCertificateVersions(first.name))
      versions.push(version)
    expect(versions.toSorted()).toEqual([first.properties.version, second.properties.version].toSorted())
  })

  test.each(['RS256', 'PS256'] as const)(
    'signs a digest with %s, and the certificate verifies it',
    async (alg) => {
      const { keyId, cer } = await created()
      const { result } = await new CryptographyClient(keyId ?? '', operator(), forVault()).sign(alg, digest)
      const padding = alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}
      const { publicKey } = new X509Certificate(Buffer.from(cer ?? []))
      expect(verify('sha256', data, { key: publicKey, ...padding }, result)).toBe(true)
    },
  )

  test('shows its key without the private part', async () => {
    const { name } = await created()
    const { key, keyOperations, properties } = await keys().getKey(name)
    expect(keyOperations).toEqual(['sign', 'verify', 'wrapKey', 'unwrapKey'])
    expect(key?.d).toBeUndefined()
    expect(properties).toMatchObject({ exportable: false, managed: true })
  })

  test('is that of the seed, too: registered with the daemon, and not exportable', async () => {
    const { policy, cer } = await certificates().getCertificate(tenant().vaultCertificateName)
    expect(policy?.exportable).toBe(false)
    expect(cer?.length).toBeGreaterThan(500)
  })
})

describe('the vault refuses', () => {
  const at = (path: string, options: Parameters<typeof ask>[2] = {}) =>
    ask(tenant(), `${tenant().vaultUrl}${path}${path.includes('?') ? '' : '?api-version=7.4'}`, options)

  test('a request without a token, with the challenge', async () => {
    const { status, headers, body } = await at('/certificates/x')
    expect(status).toBe(401)
    expect(headers['www-authenticate']).toBe(
      `Bearer authorization="${tenant().authority}", resource="https://vault.azure.net"`,
    )
    expect(body.error).toEqual({
      code: 'Unauthorized',
      message: 'AKV10000: Request is missing a Bearer or PoP token.',
    })
  })

  test('a token for another resource', async () => {
    const { status, body } = await at('/certificates/x', {
      token: await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator'),
    })
    expect(status).toBe(401)
    expect(body.error.message).toBe(
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://graph.microsoft.com.',
    )
  })

  test('a v2.0 token of the same tenant', async () => {
    const { status, body } = await at('/certificates/x', { token: await accessToken(tenant()) })
    expect(status).toBe(401)
    expect(body.error.message).toContain('AKV10032: Invalid issuer. Expected one of https://sts.windows.net/')
  })

  test.each(['rubbish', 'a.b.c'])('the token %s', async (token) => {
    expect((await at('/certificates/x', { token })).status).toBe(401)
  })

  test('a token whose signature was changed', async () => {
    const good = await vaultToken()
    const [header, claims, signature = ''] = good.split('.')
    const bad = [
      header,
      claims,
      signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`,
    ]
    expect((await at('/certificates/x', { token: bad.join('.') })).status).toBe(401)
  })

  test('a caller without a policy, by its object id', async () => {
    const token = await accessToken(tenant(), 'https://vault.azure.net/.default')
    const { status, body } = await at(`/certificates/${tenant().vaultCertificateName}`, { token })
    expect(status).toBe(403)
    expect(body.error.innererror).toEqual({ code: 'ForbiddenByPolicy' })
    expect(body.error.message).toContain(`oid=${tenant().client.objectId};iss=https://sts.windows.net/`)
    expect(body.error.message).toContain('does not have certificates get permission on key vault')
  })

  test('a request without api-version', async () => {
    const { status, body } = await ask(tenant(), `${tenant().vaultUrl}/certificates/x`, {
      token: await vaultToken(),
    })
    expect({ status, code: body.error.code }).toEqual({ status: 400, code: 'BadParameter' })
  })

  test.each(['7.0', '6', '2026-05-01', ''])('the api-version %j', async (version) => {
    const { status } = await at(`/certificates/x?api-version=${version}`, { token: await vaultToken() })
    expect(status).toBe(400)
  })

  test.each(['7.1', '7.6', '2025-07-01', '2026-04-01'])(
    'nothing about api-version %s, percent-encoded, with slashes too many',
    async (version) => {
      const path = `//certificates//${tenant().vaultCertificateName}/?api%2Dversion=${version}`
      expect((await at(path, { token: await vaultToken() })).status).toBe(200)
    },
  )

  test('a certificate that is not there', async () => {
    const { status, body } = await at('/certificates/nope', { token: await vaultToken() })
    expect({ status, code: body.error.code }).toEqual({ status: 404, code: 'CertificateNotFound' })
    expect(body.error.message).toContain('A certificate with (name/id) nope was not found')
  })

  test.each<[string, object]>([
    ['an unknown issuer', { policy: { issuer: { name: 'DigiCert' } } }],
    ['a subject that is no name', { policy: { x509_props: { subject: 'nobody' } } }],
    ['no subject', { policy: {} }],
    [
      'a key that is too small',
      { policy: { key_props: { key_size: 1024 }, x509_props: { subject: 'CN=x' } } },
    ],
    ['an elliptic key', { policy: { key_props: { kty: 'EC' }, x509_props: { subject: 'CN=x' } } }],
    ['tags that are no text', { policy: { x509_props: { subject: 'CN=x' } }, tags: { a: 1 } }],
  ])('a certificate with %s', async (_, body) => {
    const { status, body: answer } = await at('/certificates/bad/create', { body, token: await vaultToken() })
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'BadParameter' })
  })

  test('a body that is no JSON', async () => {
    const answer = await at('/certificates/bad/create', { body: '{', token: await vaultToken() })
    expect(answer.status).toBe(400)
  })

  test('a body that is too large', async () => {
    const answer = await at('/certificates/bad/create', {
      body: 'x'.repeat(300_000),
      token: await vaultToken(),
    })
    expect(answer.status).toBe(413)
  })

  test.each<[string, object]>([
    ['an unknown algorithm', { alg: 'RS1', value: digest.toString('base64url') }],
    ['data in place of a digest', { alg: 'RS256', value: data.toString('base64url') }],
    ['no value', { alg: 'PS256' }],
  ])('to sign with %s', async (_, body) => {
    const { status } = await at(`/keys/${tenant().vaultCertificateName}/sign`, {
      body,
      token: await vaultToken(),
    })
    expect(status).toBe(400)
  })

  test('to sign with a key that is for encryption only', async () => {
    const { name } = await created({ keyUsage: ['keyEncipherment'] })
    const body = { alg: 'RS256', value: digest.toString('base64url') }
    const { status, body: answer } = await at(`/keys/${name}/sign`, { body, token: await vaultToken() })
    expect({ status, inner: answer.error.innererror }).toEqual({
      status: 403,
      inner: { code: 'KeyOperationForbidden' },
    })
  })

  test('the real client, when its secret is wrong', async () => {
    const { tenantId, client, authority, vaultUrl } = tenant()
    const credential = new ClientSecretCredential(tenantId, client.appId, 'wrong', {
      authorityHost: new URL(authority).origin,
      disableInstanceDiscovery: true,
      ...overTls(),
    })
    const asked = new CertificateClient(vaultUrl, credential, forVault()).getCertificate('x')
    await expect(asked).rejects.toThrow(/AADSTS7000215/)
  })

  const vaultToken = () => accessToken(tenant(), 'https://vault.azure.net/.default', 'operator')
})
