/** What an import says about what it can not use, and what it takes from the certificate itself. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { writePfx } from '../../../../core/forge/pkcs12-writer.ts'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { withTenant } from '../../../support/tenant.ts'
import { vaultCalls } from '../../../support/tenant-calls.ts'
import { certificateOf } from '../../../support/tenant-client.ts'

let now = new Date()
const tenant = withTenant({ now: () => now })
const vault = vaultCalls(tenant)
const pem = () => tenant().client.certificatePem
const key = () => createPrivateKey(pem())
const pfx = (passphrase: string) =>
  writePfx({
    certificates: [new X509Certificate(certificateOf(pem())).raw],
    key: key().export({ type: 'pkcs8', format: 'der' }),
    passphrase,
    friendlyName: 'x',
  }).toString('base64')

let made = 0
const importing = (body: object) => {
  made += 1
  return vault('POST', `/certificates/import-${made}/import`, body)
}

describe('an import', () => {
  const PASSWORD = /can not be read\. Please check .* its password is right\.$/
  test.each<[string, () => object, RegExp]>([
    ['nothing', () => ({}), /^Property value is missing\.$/],
    ['an empty value', () => ({ value: '' }), /^Property value is missing\.$/],
    ['a PFX with another password', () => ({ value: pfx('right'), pwd: 'wrong' }), PASSWORD],
    ['a PFX without its password', () => ({ value: pfx('right') }), PASSWORD],
    ['a PFX with a password that is no text', () => ({ value: pfx('7'), pwd: 7 }), PASSWORD],
    ['a certificate without its key', () => ({ value: certificateOf(pem()) }), /^The specified certificate/],
    ['rubbish', () => ({ value: 'AAAA' }), /^The specified certificate/],
  ])('of %s says what is wrong', async (_, body, message) => {
    const answer = await importing(body())
    expect({ status: answer.status, code: answer.body.error.code }).toEqual({
      status: 400,
      code: 'BadParameter',
    })
    expect(answer.body.error.message).toMatch(message)
    expect((await vault('GET', `/certificates/import-${made}`)).status).toBe(404)
  })

  test('of a PFX takes its password', async () => {
    expect((await importing({ value: pfx('right'), pwd: 'right' })).status).toBe(200)
  })

  test.each([
    [['clientAuth'], ['1.3.6.1.5.5.7.3.2']],
    [undefined, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']],
  ] as const)(
    'of a certificate with the usages %j has them in its policy',
    async (extendedKeyUsage, ekus) => {
      const certificate = buildCertificate({
        subject: [{ type: 'CN', value: 'usages' }],
        publicKey: createPublicKey(key()),
        signer: { privateKey: key() },
        notBefore: new Date(now.getTime() - 1000),
        notAfter: new Date(now.getTime() + 86_400_000),
        keyUsage: ['digitalSignature'],
        ...(extendedKeyUsage ? { extendedKeyUsage } : {}),
      })
      const privateKey = key().export({ type: 'pkcs8', format: 'pem' })
      const { body } = await importing({ value: `${privateKey}${certificate}` })
      expect(body.policy.x509_props.ekus).toEqual(ekus)
    },
  )
})

test('a version that is made anew has a key of its own, unless the policy says otherwise', async () => {
  const keyAfter = async (reuse_key: boolean) => {
    const policy = { issuer: { name: 'Self' }, x509_props: { subject: 'CN=x' }, key_props: { reuse_key } }
    await vault('POST', '/certificates/anew/create', { policy })
    now = new Date(now.getTime() + 50)
    return (await vault('GET', '/keys/anew')).body.key.n
  }
  // The first has none before it.
  const [first, second, third] = [await keyAfter(true), await keyAfter(false), await keyAfter(true)]
  expect(second).not.toBe(first)
  expect(third).toBe(second)
})
