import { execFile } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ClientCertificateCredential } from '@azure/identity'
import { CertificateClient, type CertificatePolicy } from '@azure/keyvault-certificates'
import { KeyClient } from '@azure/keyvault-keys'
import { SecretClient } from '@azure/keyvault-secrets'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../core/forge/x509.ts'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask, certificateOf } from '../support/tenant-client.ts'

const run = promisify(execFile)
const tenant = withTenant()

function options() {
  const { tenantId, operator, authority, caPem } = tenant()
  const tls = { tlsOptions: { ca: caPem }, retryOptions: { maxRetries: 0 } }
  const credential = new ClientCertificateCredential(
    tenantId,
    operator.appId,
    { certificate: operator.certificatePem },
    {
      authorityHost: new URL(authority).origin,
      disableInstanceDiscovery: true,
      ...tls,
    },
  )
  return [tenant().vaultUrl, credential, { disableChallengeResourceVerification: true, ...tls }] as const
}
const certificates = () => new CertificateClient(...options())
const secrets = () => new SecretClient(...options())
const keys = () => new KeyClient(...options())

const SELF: CertificatePolicy = { issuerName: 'Self', subject: 'CN=life' }
const newName = () => `c-${randomUUID()}`
async function created(policy: CertificatePolicy = SELF, name = newName()) {
  const poller = await certificates().beginCreateCertificate(name, policy, { intervalInMs: 20 })
  return poller.pollUntilDone()
}
const rest = async (method: string, path: string, body?: object) =>
  ask(tenant(), `${tenant().vaultUrl}${path}${path.includes('?') ? '&' : '?'}api-version=7.4`, {
    method,
    token: await accessToken(tenant(), 'https://vault.azure.net/.default', 'operator'),
    ...(body ? { body } : {}),
  })
async function gathered<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of pages) all.push(one)
  return all
}

/** What openssl reads out of a PFX without a password. */
async function opensslPfx(base64: string, ...wanted: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pfx-'))
  try {
    await writeFile(join(folder, 'x.pfx'), Buffer.from(base64, 'base64'))
    const { stdout } = await run('openssl', [
      'pkcs12',
      '-in',
      join(folder, 'x.pfx'),
      '-passin',
      'pass:',
      '-nodes',
      ...wanted,
    ])
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('a policy', () => {
  test('is honoured in full', async () => {
    const { cer, policy } = await created({
      issuerName: 'Self',
      subject: 'CN=full, O="Contoso, Ltd", C=DE',
      subjectAlternativeNames: { dnsNames: ['a.example'], emails: ['x@a.example'] } as never,
      enhancedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.311.10.3.12'],
      keyUsage: ['digitalSignature', 'dataEncipherment'],
      validityInMonths: 3,
      keySize: 3072,
      contentType: 'application/x-pem-file',
    })
    const leaf = new X509Certificate(Buffer.from(cer ?? []))
    expect(leaf.subject.split('\n').toSorted()).toEqual(['C=DE', 'CN=full', 'O=Contoso\\, Ltd'])
    expect(leaf.subjectAltName).toBe('email:x@a.example, DNS:a.example')
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.4.1.311.10.3.12'])
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072)
    const days = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 86_400_000
    expect(days).toBeGreaterThan(88)
    expect(days).toBeLessThan(93)
    expect(policy).toMatchObject({
      keySize: 3072,
      contentType: 'application/x-pem-file',
      validityInMonths: 3,
    })
  })

  test('has Key Vault’s defaults where it is silent', async () => {
    const { policy } = await created()
    expect(policy).toMatchObject({
      ...{
        keyType: 'RSA',
        keySize: 2048,
        exportable: true,
        validityInMonths: 12,
        contentType: 'application/x-pkcs12',
      },
      ...{
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        lifetimeActions: [{ action: 'AutoRenew', lifetimePercentage: 80 }],
      },
    })
  })

  test('can be read and changed, and counts for the next version', async () => {
    const { name, policy } = await created()
    await certificates().updateCertificatePolicy(name, { ...SELF, validityInMonths: 24 })
    expect(policy?.validityInMonths).toBe(12)
    expect((await certificates().getCertificatePolicy(name)).validityInMonths).toBe(24)
  })

  test('with reuse_key keeps the key in the next version', async () => {
    const first = await created({ ...SELF, reuseKey: true })
    const second = await created({ ...SELF, reuseKey: true }, first.name)
    const keyOf = (cer?: Uint8Array) =>
      new X509Certificate(Buffer.from(cer ?? [])).publicKey.export({ format: 'jwk' }).n
    expect(keyOf(second.cer)).toBe(keyOf(first.cer))
    expect(second.properties.version).not.toBe(first.properties.version)
  })
})

describe('the secret of a certificate', () => {
  test('is a PFX without a password, which openssl opens, with the key', async () => {
    const { name, cer } = await created()
    const { value = '', properties } = await secrets().getSecret(name)
    expect(properties).toMatchObject({ contentType: 'application/x-pkcs12', managed: true })
    const pem = await opensslPfx(value)
    const leaf = new X509Certificate(Buffer.from(cer ?? []))
    expect(leaf.checkPrivateKey(createPrivateKey(pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY'))))).toBe(
      true,
    )
  })

  test('is PEM with a PKCS#8 key where the policy says so', async () => {
    const { name, cer } = await created({ ...SELF, contentType: 'application/x-pem-file' })
    const { value = '' } = await secrets().getSecret(name)
    expect(value).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(new X509Certificate(certificateOf(value)).raw).toEqual(Buffer.from(cer ?? []))
  })

  test.each(['application/x-pkcs12', 'application/x-pem-file'] as const)(
    'has no key where that is not exportable (%s)',
    async (contentType) => {
      const { name } = await created({ ...SELF, exportable: false, contentType })
      const { value = '' } = await secrets().getSecret(name)
      const pem = contentType === 'application/x-pem-file' ? value : await opensslPfx(value)
      expect(pem).toContain('BEGIN CERTIFICATE')
      expect(pem).not.toContain('PRIVATE KEY')
    },
  )

  test('is refused while the certificate is disabled', async () => {
    const { name, properties } = await created()
    await certificates().updateCertificateProperties(name, properties.version ?? '', { enabled: false })
    await expect(secrets().getSecret(name)).rejects.toMatchObject({ statusCode: 403 })
    const { body } = await rest('GET', `/secrets/${name}`)
    expect(body.error.innererror).toEqual({ code: 'SecretDisabled' })
  })

  test('that is not there is SecretNotFound', async () => {
    expect((await rest('GET', '/secrets/nope')).body.error.code).toBe('SecretNotFound')
  })
})

describe('import', () => {
  const pem = () => tenant().client.certificatePem
  async function asPfx(password: string): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), 'pfx-'))
    try {
      await writeFile(join(folder, 'x.pem'), pem())
      await run('openssl', [
        'pkcs12',
        '-export',
        '-in',
        join(folder, 'x.pem'),
        '-out',
        join(folder, 'x.pfx'),
        '-passout',
        `pass:${password}`,
      ])
      const { readFile } = await import('node:fs/promises')
      return await readFile(join(folder, 'x.pfx'))
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('takes a PEM as text, and gives it back', async () => {
    const name = newName()
    const imported = await certificates().importCertificate(name, Buffer.from(pem()), {
      policy: { issuerName: 'Unknown', contentType: 'application/x-pem-file' } as CertificatePolicy,
    })
    expect(Buffer.from(imported.cer ?? [])).toEqual(new X509Certificate(certificateOf(pem())).raw)
    expect((await secrets().getSecret(name)).value).toContain('BEGIN PRIVATE KEY')
  })

  test('takes a PFX with a password, which its secret no longer has', async () => {
    const name = newName()
    await certificates().importCertificate(name, await asPfx('hunter2'), { password: 'hunter2' })
    const { value = '' } = await secrets().getSecret(name)
    expect(await opensslPfx(value)).toContain('PRIVATE KEY')
  })

  test('on a name that is there makes a new version', async () => {
    const { name, properties } = await created()
    const second = await certificates().importCertificate(name, Buffer.from(pem()))
    expect(second.properties.version).not.toBe(properties.version)
  })

  test.each<[string, () => Promise<object>]>([
    ['a wrong password', async () => ({ value: (await asPfx('right')).toString('base64'), pwd: 'wrong' })],
    ['no private key', async () => ({ value: certificateOf(pem()) })],
    ['rubbish', async () => ({ value: 'AAAA' })],
    ['nothing', async () => ({})],
    [
      'the key of another certificate',
      async () => ({
        value:
          pem().slice(0, pem().indexOf('-----BEGIN CERT')) + certificateOf(tenant().operator.certificatePem),
      }),
    ],
  ])('refuses %s', async (_, body) => {
    const { status, body: answer } = await rest('POST', `/certificates/${newName()}/import`, await body())
    expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'BadParameter' })
    expect(JSON.stringify(answer)).not.toContain('PRIVATE')
  })
})

describe('lists', () => {
  test('page with nextLink, and miss nothing', async () => {
    const name = newName()
    const pem = Buffer.from(tenant().client.certificatePem)
    for (let index = 0; index < 5; index += 1) await certificates().importCertificate(name, pem)
    const { body } = await rest('GET', `/certificates/${name}/versions?maxresults=2`)
    expect(body.value).toHaveLength(2)
    expect(body.nextLink).toMatch(/\$skiptoken|%24skiptoken/)
    const all = await gathered(certificates().listPropertiesOfCertificateVersions(name, {}))
    expect(new Set(all.map(({ version }) => version)).size).toBe(5)
    const pages: number[] = []
    for (let link: string | null = `/certificates/${name}/versions?maxresults=2`; link !== null; ) {
      const { body: page } = await rest('GET', link.replace(tenant().vaultUrl, ''))
      pages.push(page.value.length)
      link = page.nextLink
    }
    expect(pages).toEqual([2, 2, 1])
  })

  test.each(['0', '26', 'x'])('refuse maxresults=%s', async (size) => {
    expect((await rest('GET', `/certificates?maxresults=${size}`)).status).toBe(400)
  })

  test('have the same names for certificates, keys and secrets', async () => {
    const { name } = await created()
    const names = await Promise.all([
      gathered(certificates().listPropertiesOfCertificates()),
      gathered(keys().listPropertiesOfKeys()),
      gathered(secrets().listPropertiesOfSecrets()),
    ])
    for (const list of names) expect(list.map((entry) => entry.name)).toContain(name)
  })
})

describe('enabled and tags', () => {
  test('are changed by version', async () => {
    const { name, properties } = await created()
    const changed = await certificates().updateCertificateProperties(name, properties.version ?? '', {
      enabled: false,
      tags: { a: 'b' },
    })
    expect(changed.properties).toMatchObject({ enabled: false, tags: { a: 'b' } })
  })

  test.each([
    ['before', 'KeyNotYetValid', 1, 2],
    ['after', 'KeyExpired', -2, -1],
  ] as const)('a key %s the dates of its certificate does not sign: %s', async (_, code, from, until) => {
    const key = createPrivateKey(tenant().client.certificatePem)
    const day = 86_400_000
    const certificate = buildCertificate({
      subject: [{ type: 'CN', value: 'dated' }],
      publicKey: createPublicKey(key),
      signer: { privateKey: key },
      notBefore: new Date(Date.now() + from * day),
      notAfter: new Date(Date.now() + until * day),
      keyUsage: ['digitalSignature'],
    })
    const pem = key.export({ type: 'pkcs8', format: 'pem' }) + certificate
    const name = newName()
    expect((await rest('POST', `/certificates/${name}/import`, { value: pem })).status).toBe(200)
    const value = createHash('sha256').update('x').digest('base64url')
    const { status, body } = await rest('POST', `/keys/${name}/sign`, { alg: 'RS256', value })
    expect({ status, inner: body.error.innererror.code }).toEqual({ status: 403, inner: code })
    expect((await rest('GET', `/certificates/${name}`)).status).toBe(200)
  })

  test('a disabled key does not sign', async () => {
    const { name, properties } = await created()
    await certificates().updateCertificateProperties(name, properties.version ?? '', { enabled: false })
    const value = createHash('sha256').update('x').digest('base64url')
    const { status, body } = await rest('POST', `/keys/${name}/sign`, { alg: 'PS256', value })
    expect({ status, inner: body.error.innererror.code }).toEqual({ status: 403, inner: 'KeyDisabled' })
  })
})

describe('a pending certificate', () => {
  const unknown = { policy: { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=merge' } } }

  test('of an unknown issuer waits for a merge, with a CSR that openssl takes', async () => {
    const name = newName()
    const { status, headers, body } = await rest('POST', `/certificates/${name}/create`, unknown)
    expect(status).toBe(202)
    expect(headers).toMatchObject({
      'retry-after': '10',
      location: expect.stringContaining(`/certificates/${name}/pending?`),
    })
    const folder = await mkdtemp(join(tmpdir(), 'csr-'))
    await writeFile(join(folder, 'x.csr'), Buffer.from(body.csr, 'base64'))
    const { stdout, stderr } = await run('openssl', [
      'req',
      '-in',
      join(folder, 'x.csr'),
      '-inform',
      'DER',
      '-verify',
      '-noout',
      '-subject',
    ])
    expect(stdout + stderr).toMatch(/CN ?= ?merge[\s\S]*verify OK/)
    await rm(folder, { recursive: true })
    const other = certificateOf(tenant().client.certificatePem).replace(/-----[^-]+-----|\s/g, '')
    expect((await rest('POST', `/certificates/${name}/pending/merge`, { x5c: [other] })).status).toBe(400)
    expect((await rest('POST', `/certificates/${name}/create`, unknown)).status).toBe(409)
  })

  test('can be cancelled, and then is not issued', async () => {
    const name = newName()
    await rest('POST', `/certificates/${name}/create`, unknown)
    const { body } = await rest('PATCH', `/certificates/${name}/pending`, { cancellation_requested: true })
    expect(body).toMatchObject({ status: 'cancelled', cancellation_requested: true })
    expect((await rest('GET', `/certificates/${name}`)).body.attributes.enabled).toBe(false)
    expect((await rest('DELETE', `/certificates/${name}/pending`)).status).toBe(200)
    expect((await rest('GET', `/certificates/${name}`)).status).toBe(404)
  })

  test('that is done can not be cancelled', async () => {
    const { name } = await created()
    expect(
      (await rest('PATCH', `/certificates/${name}/pending`, { cancellation_requested: true })).status,
    ).toBe(403)
  })
})

describe('a deleted certificate', () => {
  test('goes with its key and secret, comes back by recovery, and is gone after a purge', async () => {
    const { name } = await created()
    const poller = await certificates().beginDeleteCertificate(name, { intervalInMs: 20 })
    const deleted = await poller.pollUntilDone()
    expect(deleted.recoveryId).toMatch(/\/deletedcertificates\//)
    const days =
      ((deleted.scheduledPurgeDate?.getTime() ?? 0) - (deleted.deletedOn?.getTime() ?? 0)) / 86_400_000
    expect(days).toBe(90)
    for (const [path, code] of [
      ['certificates', 'CertificateNotFound'],
      ['keys', 'KeyNotFound'],
      ['secrets', 'SecretNotFound'],
    ] as const) {
      expect((await rest('GET', `/${path}/${name}`)).body.error.code).toBe(code)
    }
    const { status, body } = await rest('POST', `/certificates/${name}/create`, {
      policy: { issuer: { name: 'Self' }, x509_props: { subject: 'CN=x' } },
    })
    expect({ status, inner: body.error.innererror.code }).toEqual({
      status: 409,
      inner: 'ObjectIsDeletedButRecoverable',
    })
    const recovery = await certificates().beginRecoverDeletedCertificate(name, { intervalInMs: 20 })
    await recovery.pollUntilDone()
    expect((await secrets().getSecret(name)).value).toBeTruthy()
    await (await certificates().beginDeleteCertificate(name, { intervalInMs: 20 })).pollUntilDone()
    await certificates().purgeDeletedCertificate(name)
    expect((await rest('GET', `/deletedcertificates/${name}`)).body.error.message).toBe(
      `Deleted Certificate not found: ${name}`,
    )
    await created(SELF, name)
  })
})
