import { beforeAll, describe, expect, it } from 'vitest'
import { CERTIFICATE_FILE_MAX, certificateParts } from '../../../core/certificate-parts.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { toPem } from '../../../core/pem.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'

let keys: KeyPair
let crt: string
beforeAll(async () => {
  keys = await rsaKeys()
  crt = certificateFor(keys)
})

const parts = (bytes: string | Buffer) => certificateParts(Buffer.from(bytes), 'file')
const exported = (type: 'pkcs1' | 'pkcs8', more = {}) =>
  Buffer.from(keys.privateKey.export({ type, format: 'der', ...more } as { type: 'pkcs8'; format: 'der' }))
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'p' }

describe('DER is told by its first elements', () => {
  it.each([
    ['a certificate', () => derOf(crt), { certificates: 1, keys: [], pfx: false }],
    ['PKCS#8', () => exported('pkcs8'), { certificates: 0, keys: ['pkcs8'], pfx: false }],
    ['PKCS#1', () => exported('pkcs1'), { certificates: 0, keys: ['pkcs1'], pfx: false }],
    [
      'encrypted PKCS#8',
      () => exported('pkcs8', encrypted),
      { certificates: 0, keys: ['encrypted-pkcs8'], pfx: false },
    ],
    ['PKCS#12', () => Buffer.from('300702010330020600', 'hex'), { certificates: 0, keys: [], pfx: true }],
    ['PKCS#12 in BER', () => Buffer.from('3080020103', 'hex'), { certificates: 0, keys: [], pfx: true }],
  ])('%s', (_, bytes, found) => {
    const { certificates, keys: keyParts, pfx } = parts(bytes())
    expect({
      certificates: certificates.length,
      keys: keyParts.map(({ form }) => form),
      pfx: pfx !== undefined,
    }).toEqual(found)
  })

  it('PKCS#8 with attributes, as Windows and Java write it', () => {
    const plain = exported('pkcs8')
    const der = Buffer.concat([plain, Buffer.from([0xa0, 0])])
    der.writeUInt16BE(plain.readUInt16BE(2) + 2, 2)
    expect(parts(der).keys).toEqual([{ form: 'pkcs8', der }])
  })

  it('ends where its length says, whatever follows', () => {
    const der = derOf(crt)
    expect(parts(Buffer.concat([der, Buffer.from('\r\n')])).certificates).toEqual([der])
  })
})

describe('PEM is told by its labels', () => {
  it.each([
    ['PRIVATE KEY', 'pkcs8'],
    ['RSA PRIVATE KEY', 'pkcs1'],
    ['EC PRIVATE KEY', 'sec1'],
    ['ENCRYPTED PRIVATE KEY', 'encrypted-pkcs8'],
    ['OPENSSH PRIVATE KEY', 'foreign'],
    ['TSS2 PRIVATE KEY', 'foreign'],
    ['DSA PRIVATE KEY', 'foreign'],
  ])('%s is %s', (label, form) => {
    expect(parts(toPem(label, Buffer.from([0x30, 0]))).keys.map((key) => key.form)).toEqual([form])
  })

  it.each([
    'PRIVATE KEY',
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
  ])('%s with bad base64 is damaged', (label) => {
    expect(parts(toPem(label, Buffer.alloc(30)).replace('\nAA', '\nA*')).keys).toEqual([{ form: 'damaged' }])
  })

  it('a certificate that OpenSSL marked as trusted ends where the certificate does', () => {
    const trusted = toPem('TRUSTED CERTIFICATE', Buffer.concat([derOf(crt), Buffer.from([0x30, 0])]))
    expect(parts(trusted).certificates).toEqual([derOf(crt)])
  })

  it('a legacy encrypted key keeps its headers', () => {
    const pem = keys.privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted }).toString()
    expect(parts(pem).keys).toEqual([{ form: 'legacy-encrypted', pem }])
  })
})

describe('base64', () => {
  it.each(['base64', 'base64url'] as const)('of DER and of PEM is read as %s', (encoding) => {
    expect(parts(derOf(crt).toString(encoding)).certificates).toEqual([derOf(crt)])
    const both = parts(Buffer.from(pkcs8(keys.privateKey) + crt).toString(encoding))
    expect([both.certificates.length, both.keys.length]).toEqual([1, 1])
  })

  it.each([
    ['before it', (text: string) => `!${text}`],
    ['within it', (text: string) => `${text.slice(0, 40)}!${text.slice(40)}`],
    ['after it', (text: string) => `${text}!`],
  ])('with a character %s that base64 has not is none', async (_, spoil) => {
    const text = spoil(derOf(crt).toString('base64'))
    await appError('certificate-not-recognised', () => parts(text))
  })

  it('of base64 is not followed', async () => {
    const twice = Buffer.from(derOf(crt).toString('base64')).toString('base64')
    await appError('certificate-not-recognised', () => parts(twice))
  })
})

it.each<[ErrorCode, () => string | Buffer]>([
  ['certificate-empty', () => ''],
  ['certificate-empty', () => '\0\0\r\n'],
  ['certificate-too-large', () => Buffer.alloc(CERTIFICATE_FILE_MAX + 1)],
  ['certificate-not-recognised', () => 'text'],
  ['certificate-not-recognised', () => Buffer.from([1, 2, 3])],
  ['certificate-not-recognised', () => Buffer.alloc(CERTIFICATE_FILE_MAX, '0')],
  ['certificate-truncated', () => derOf(crt).subarray(0, 500)],
  ['certificate-truncated', () => crt.slice(0, -30)],
  ['certificate-truncated', () => exported('pkcs8').subarray(0, -1)],
  ['certificate-truncated', () => exported('pkcs1').subarray(0, -1)],
  ['certificate-malformed', () => toPem('CERTIFICATE', Buffer.alloc(0))],
  ['certificate-malformed', () => toPem('CERTIFICATE', Buffer.from([0x30]))],
  ['certificate-malformed', () => toPem('CERTIFICATE', Buffer.from([0x30, 0x80, 0, 0]))],
])('%s', async (code, bytes) => {
  const { message } = await appError(code, () => parts(bytes()))
  expect(message).toContain('file')
})

it.each([
  ['text', 'neither a PEM, DER nor PFX file', () => 'text'],
  ['a block of another kind', 'neither a PEM, DER nor PFX file', () => toPem('EC PARAMETERS', nothing)],
  ['PKCS#7 beside it', 'PKCS#7', () => toPem('EC PARAMETERS', nothing) + toPem('CMS', nothing)],
  ['a request', 'a request', () => toPem('EC PARAMETERS', nothing) + toPem('CERTIFICATE REQUEST', nothing)],
  ['a public key', 'a bare public key', () => toPem('EC PARAMETERS', nothing) + toPem('PUBLIC KEY', nothing)],
])('%s is called what it is', async (_, name, text) => {
  const { message } = await appError('certificate-not-recognised', () => parts(text()))
  expect(message).toContain(name)
})
const nothing = Buffer.from([0x30, 0])
