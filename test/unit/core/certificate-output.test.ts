import { createPrivateKey, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate } from '../../../core/certificate-file.ts'
import { certificateOutput, holdsKey, outputForm } from '../../../core/certificate-output.ts'
import { buildCertificate } from '../../../core/forge/x509.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, type KeyPair, rsaKeys } from '../../support/certificates.ts'

let keys: KeyPair
let chain: [X509Certificate, X509Certificate]
beforeAll(async () => {
  const ca = await rsaKeys()
  keys = await rsaKeys()
  const issuer = { keys: ca, pem: certificateFor(ca, { cn: 'ca', ca: true }) }
  chain = [new X509Certificate(certificateFor(keys, { issuer })), new X509Certificate(issuer.pem)]
})

const output = (path: string, passphrase?: string) =>
  certificateOutput({ path, chain, key: keys.privateKey, passphrase })

describe('outputForm', () => {
  it.each([
    ['a.pem', 'pem'],
    ['a.PFX', 'pfx'],
    ['a.p12', 'pfx'],
    ['dir.pem/a.crt', 'crt'],
    ['a.cer', 'crt'],
    ['a.b.der', 'der'],
    ['.key', 'key'],
  ])('of %s is %s', (path, form) => expect(outputForm(path)).toBe(form))

  it.each(['a', 'a.', 'pem', 'a.pem/', 'a.jks', 'a.pem.txt', '', 'a.pem '])('of %j is none', async (path) => {
    const { hint } = await appError('usage', () => outputForm(path))
    expect(hint).toContain('.pem')
  })
})

it('the forms that hold a private key are known', () => {
  expect((['pem', 'pfx', 'key', 'crt', 'der'] as const).map(holdsKey)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
})

describe('certificateOutput', () => {
  it.each([
    ['a.pem', undefined],
    ['a.pem', 'open sesame'],
    ['a.pfx', undefined],
    ['a.pfx', 'open sesame'],
  ])('writes %s with the passphrase %j so that the loader reads all of it', async (path, passphrase) => {
    const { data, mode } = await output(path, passphrase)
    const loaded = await loadCertificate(Buffer.from(data), { origin: path, passphrase })
    expect(mode).toBe(0o600)
    expect(loaded.key.equals(keys.privateKey)).toBe(true)
    expect(loaded.chain.map(({ raw }) => raw)).toEqual(chain.map(({ raw }) => raw))
    if (passphrase !== undefined)
      await appError('certificate-passphrase-missing', () =>
        loadCertificate(Buffer.from(data), { origin: path }),
      )
  })

  it('puts the key first into PEM, then the leaf, then its issuers', async () => {
    const labels = String((await output('a.pem')).data).match(/BEGIN [A-Z ]+/g)
    expect(labels).toEqual(['BEGIN PRIVATE KEY', 'BEGIN CERTIFICATE', 'BEGIN CERTIFICATE'])
  })

  it('writes the leaf alone as public part, readable by all', async () => {
    for (const path of ['a.crt', 'a.der']) {
      const { data, mode } = await output(path, 'ignored')
      expect(new X509Certificate(data).raw).toEqual(chain[0].raw)
      expect([mode, Buffer.from(data).includes('PRIVATE')]).toEqual([0o644, false])
      expect(Buffer.from(data).includes('-----BEGIN CERTIFICATE-----')).toBe(path === 'a.crt')
    }
  })

  it('writes PEM without a key as public part', async () => {
    const { data, mode } = await certificateOutput({
      path: 'a.pem',
      chain,
      key: undefined,
      passphrase: undefined,
    })
    expect([mode, data]).toEqual([0o644, chain.join('')])
  })

  it('writes the key alone as PKCS#8, encrypted where there is a passphrase', async () => {
    const [plain, locked] = [await output('a.key'), await output('a.key', 'open sesame')]
    expect(createPrivateKey(String(plain.data)).equals(keys.privateKey)).toBe(true)
    expect(String(locked.data)).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
    expect([plain.mode, locked.mode]).toEqual([0o600, 0o600])
  })

  it('names the key in PFX after the most specific common name', async () => {
    const named = (text: string) => Buffer.from(text, 'utf16le').swap16()
    const { data } = await output('a.pfx', 'p')
    expect(Buffer.from(data).includes(named('daemon'))).toBe(true)
    const subject = [
      { type: 'CN', value: 'outer' },
      { type: 'CN', value: 'inner' },
      { type: 'OU', value: 'unit' },
    ]
    for (const [of, name] of [
      [subject, 'inner'],
      [[{ type: 'O', value: 'Contoso' }], 'todo-cli'],
    ] as const) {
      const pem = buildCertificate({
        subject: of,
        publicKey: keys.publicKey,
        signer: { privateKey: keys.privateKey },
        notBefore: new Date(),
        notAfter: new Date(Date.now() + 86_400_000),
        keyUsage: ['digitalSignature'],
      })
      const own = { path: 'a.pfx', chain: [new X509Certificate(pem)] as const }
      const file = await certificateOutput({ ...own, key: keys.privateKey, passphrase: 'p' })
      expect(Buffer.from(file.data).includes(named(name))).toBe(true)
    }
  })

  it.each(['a.pfx', 'a.key'])('does not write %s without a key', async (path) => {
    const spec = { path, chain, key: undefined, passphrase: undefined }
    await expect(certificateOutput(spec)).rejects.toThrow(TypeError)
  })
})
