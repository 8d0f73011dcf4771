/** What is pending: one at a time, cancelled, forgotten, merged, or issued a moment later (key-vault.md). */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { refusalOf } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'
import { withTimedVault } from '../../../support/timed-vault.ts'

const { tenant, vault, start, later, newName, issued, imported, self: SELF } = withTimedVault('pending')

const BAD = { status: 400, code: 'BadParameter' }
const NOT_PENDING = { status: 404, code: 'PendingCertificateNotFound' }
const UNKNOWN = { policy: { issuer: { name: 'Unknown' }, x509_props: { subject: 'CN=pending' } } }

describe('what is pending', () => {
  test.each<[string, string, object | undefined]>([
    ['GET', '', undefined],
    ['PATCH', '', { cancellation_requested: true }],
    ['DELETE', '', undefined],
    ['POST', '/merge', { x5c: ['x'] }],
  ])('%s /pending%s needs something that is', async (method, rest, body) => {
    const name = newName()
    await vault('POST', `/certificates/${name}/import`, imported())
    expect(refusalOf(await vault(method, `/certificates/${name}/pending${rest}`, body))).toEqual(NOT_PENDING)
    const nobody = await vault(method, `/certificates/none/pending${rest}`, body)
    expect(refusalOf(nobody)).toEqual({ status: 404, code: 'CertificateNotFound' })
  })

  test.each([{}, { cancellation_requested: false }, { cancellation_requested: 'true' }])(
    'is not cancelled by %j',
    async (body) => {
      const name = newName()
      await vault('POST', `/certificates/${name}/create`, SELF)
      expect(refusalOf(await vault('PATCH', `/certificates/${name}/pending`, body))).toEqual(BAD)
      later(50)
      expect((await vault('GET', `/certificates/${name}/pending`)).body.status).toBe('completed')
    },
  )

  test('is not issued after it was cancelled, however late it is', async () => {
    const name = newName()
    await vault('POST', `/certificates/${name}/create`, SELF)
    await vault('PATCH', `/certificates/${name}/pending`, { cancellation_requested: true })
    later(3_600_000)
    expect((await vault('GET', `/certificates/${name}/pending`)).body.status).toBe('cancelled')
    expect((await vault('GET', `/keys/${name}`)).status).toBe(404)
    const again = await vault('PATCH', `/certificates/${name}/pending`, { cancellation_requested: true })
    expect(refusalOf(again)).toEqual({ status: 403, code: 'Forbidden' })
  })

  test('is one at a time: a second request is a conflict', async () => {
    const name = newName()
    await vault('POST', `/certificates/${name}/create`, SELF)
    const second = await vault('POST', `/certificates/${name}/create`, SELF)
    expect(refusalOf(second)).toEqual({ status: 409, code: 'Conflict' })
    later(50)
    expect((await vault('POST', `/certificates/${name}/create`, SELF)).status).toBe(202)
  })

  test('is one at a time, though two ask at once', async () => {
    const path = `/certificates/${newName()}/create`
    const answers = await Promise.all([vault('POST', path, SELF), vault('POST', path, SELF)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409])
  })

  test('leaves nothing when it is forgotten before anything was issued', async () => {
    const name = await issued(UNKNOWN)
    expect((await vault('DELETE', `/certificates/${name}/pending`)).status).toBe(200)
    expect((await vault('GET', `/certificates/${name}/policy`)).status).toBe(404)
    expect((await vault('POST', `/certificates/${name}/create`, SELF)).status).toBe(202)
  })

  test('is not there after a certificate that was never issued came back from the bin, and that stays', async () => {
    const name = await issued(UNKNOWN)
    await vault('DELETE', `/certificates/${name}`)
    later(50)
    await vault('POST', `/deletedcertificates/${name}/recover`)
    expect(refusalOf(await vault('DELETE', `/certificates/${name}/pending`))).toEqual(NOT_PENDING)
    expect((await vault('GET', `/certificates/${name}/policy`)).status).toBe(200)
    expect(refusalOf(await vault('GET', `/certificates/${name}`)).code).toBe('CertificateNotFound')
  })

  test('can be forgotten; the version that came of it stays', async () => {
    const name = await issued()
    expect((await vault('DELETE', `/certificates/${name}/pending`)).body.status).toBe('completed')
    expect((await vault('GET', `/certificates/${name}`)).body).not.toHaveProperty('pending')
    expect(refusalOf(await vault('GET', `/certificates/${name}/pending`))).toEqual(NOT_PENDING)
  })

  test('of an unknown issuer waits, however long', async () => {
    const name = await issued(UNKNOWN)
    later(3_600_000)
    expect((await vault('GET', `/certificates/${name}/pending`)).body.status).toBe('inProgress')
  })

  test('is merged with a certificate over its own key, and with no other', async () => {
    const name = await issued(UNKNOWN)
    const merge = (x5c: unknown) => vault('POST', `/certificates/${name}/pending/merge`, { x5c } as object)
    for (const bad of [undefined, [], ['rubbish'], [7], 'x', {}]) {
      const { status, body } = await merge(bad)
      const message = 'Property x5c is no list of X.509 certificates.'
      expect({ status, error: body.error }).toEqual({ status: 400, error: { code: BAD.code, message } })
    }
    const other = new X509Certificate(certificateOf(tenant().client.certificatePem)).raw.toString('base64')
    const refused = await merge([other])
    expect(refusalOf(refused)).toEqual(BAD)
    expect(refused.body.error.message).toBe(
      'The public key of the end-entity certificate does not match that of the pending certificate.',
    )
    expect((await vault('GET', `/certificates/${name}/pending`)).body.status).toBe('inProgress')
  })

  test('is merged once: 201, and then it is done', async () => {
    const name = newName()
    const { body } = await vault('POST', `/certificates/${name}/create`, UNKNOWN)
    const issuer = createPrivateKey(tenant().client.certificatePem)
    const leaf = buildCertificate({
      subject: [{ type: 'CN', value: 'merged' }],
      publicKey: publicKeyOf(Buffer.from(body.csr, 'base64')),
      signer: {
        privateKey: issuer,
        issuer: { certificatePem: certificateOf(tenant().client.certificatePem) },
      },
      notBefore: new Date(start.getTime() - 1000),
      notAfter: new Date(start.getTime() + 86_400_000),
      keyUsage: ['digitalSignature'],
    })
    const x5c = [leaf, certificateOf(tenant().client.certificatePem)].map((pem) =>
      new X509Certificate(pem).raw.toString('base64'),
    )
    const merged = await vault('POST', `/certificates/${name}/pending/merge`, { x5c })
    expect({ status: merged.status, cer: merged.body.cer }).toEqual({ status: 201, cer: x5c[0] })
    expect(refusalOf(await vault('POST', `/certificates/${name}/pending/merge`, { x5c }))).toEqual(
      NOT_PENDING,
    )
    expect((await vault('GET', `/certificates/${name}`)).body.attributes.exp).toBe(
      Math.floor(start.getTime() / 1000) + 86_400,
    )
  })
})

/** The public key of a request: SubjectPublicKeyInfo of an RSA key of 2048 bits has a fixed length and start. */
function publicKeyOf(csr: Buffer) {
  const at = csr.indexOf(Buffer.from('30820122300d06092a864886f70d0101010500', 'hex'))
  return createPublicKey({ key: csr.subarray(at, at + 294), format: 'der', type: 'spki' })
}
