/** PFX files put together by hand: what no tool at hand writes, and what nobody should. */
import { createCipheriv, createHmac, pbkdf2Sync, scryptSync } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../../core/errors.ts'
import {
  type Asn1,
  encode,
  explicit,
  implicitOctets,
  integer,
  nothing,
  octets,
  oid,
  parse,
  sequence,
} from '../../../../core/forge/asn1.ts'
import { bmp, decrypt, deriveKey, encrypt, KeyPurpose } from '../../../../core/forge/pbe.ts'
import { decryptPrivateKeyInfo } from '../../../../core/forge/pkcs8.ts'
import { OID, readPfx } from '../../../../core/forge/pkcs12.ts'
import { kdfBudget } from '../../../../core/key-derivation.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, derOf, type KeyPair, rsaKeys } from '../../../support/certificates.ts'

const origin = 'daemon.pfx'
let crt: Buffer
let key: Buffer
beforeAll(async () => {
  const keys: KeyPair = await rsaKeys()
  crt = derOf(certificateFor(keys))
  key = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
})

const info = (type: string, content: Asn1) => sequence(oid(type), explicit(0, content))
const plain = (...bags: Asn1[]) => info(OID.data, octets(encode(sequence(...bags))))
const certBag = (kind: string = OID.x509Certificate, content: Asn1 = explicit(0, octets(crt))) =>
  info(OID.certBag, sequence(oid(kind), content))
const keyBag = () => info(OID.keyBag, parse(key))
const nested = (depth: number): Asn1 =>
  depth === 0 ? keyBag() : info(OID.safeContentsBag, sequence(nested(depth - 1)))
const secretOf = (passphrase: string) => ({ bmp: bmp(passphrase), utf8: Buffer.from(passphrase) })
/** A safe with those bytes in it, encrypted; they need not be a safe's. */
const locked = (bytes: Uint8Array, passphrase: string) => {
  const [algorithm, data] = encrypt(bytes, secretOf(passphrase), 10)
  return underAlgorithm(algorithm, data)
}
const underAlgorithm = (algorithm: Asn1, data: Buffer) =>
  info(OID.encryptedData, sequence(integer(0), sequence(oid(OID.data), algorithm, implicitOctets(0, data))))

const SHA1 = '1.3.14.3.2.26'
const SHA512 = '2.16.840.1.101.3.4.2.3'
const salt = Buffer.alloc(8, 7)
/** The MAC of RFC 7292 over `data`, with one round where no number is written. */
function macOf(
  data: Buffer,
  passphrase: Buffer,
  { digest = 'sha1', type = SHA1, length = 99, rounds = 3 } = {},
) {
  const size = digest === 'sha1' ? 20 : 64
  const macKey = deriveKey(digest, KeyPurpose.mac, passphrase, { salt, rounds: rounds || 1 }, size)
  const value = createHmac(digest, macKey).update(data).digest().subarray(0, length)
  const counted = rounds === 0 ? [] : [integer(rounds)]
  return sequence(sequence(sequence(oid(type), nothing()), octets(value)), octets(salt), ...counted)
}

interface Spec {
  readonly version?: number
  readonly type?: string
  readonly mac?: (authSafe: Buffer) => Asn1
}
function pfx(safes: readonly Asn1[], { version = 3, type = OID.data, mac }: Spec = {}): Buffer {
  const authSafe = encode(sequence(...safes))
  return encode(sequence(integer(version), info(type, octets(authSafe)), ...(mac ? [mac(authSafe)] : [])))
}

const read = (bytes: Buffer, passphrase?: string) => readPfx(bytes, { origin, passphrase })
const refused = (code: ErrorCode, bytes: Buffer, passphrase?: string) =>
  appError(code, () => read(bytes, passphrase))

describe('a PFX file gives', () => {
  it('a key and a certificate that are not encrypted', () => {
    expect(read(pfx([plain(keyBag(), certBag())]))).toEqual({ certificates: [crt], keys: [key] })
  })

  it('what is in safes within safes, and no more than eight deep', async () => {
    expect(read(pfx([plain(nested(8))])).keys).toEqual([key])
    await refused('certificate-malformed', pfx([plain(nested(9))]))
  })

  it('nothing of what is neither certificate nor key: a CRL, a certificate of another kind', () => {
    const crl = info('1.2.840.113549.1.12.10.1.4', sequence())
    const sdsi = certBag('1.2.840.113549.1.9.22.2', explicit(0, octets(Buffer.from('()'))))
    expect(read(pfx([plain(crl, sdsi, certBag())]))).toEqual({ certificates: [crt], keys: [] })
  })
})

describe('a PFX file is refused', () => {
  it.each<[string, ErrorCode, () => Buffer]>([
    ['of version 4', 'certificate-malformed', () => pfx([plain(certBag())], { version: 4 })],
    [
      'that is signed',
      'certificate-encryption-unsupported',
      () => pfx([plain(certBag())], { type: '1.2.840.113549.1.7.2' }),
    ],
    [
      'with a safe for a public key',
      'certificate-encryption-unsupported',
      () => pfx([info('1.2.840.113549.1.7.3', sequence())]),
    ],
    [
      'whose safe is no safe',
      'certificate-malformed',
      () => pfx([info(OID.data, octets(encode(integer(1))))]),
    ],
    ['whose bag has no value', 'certificate-malformed', () => pfx([plain(sequence(oid(OID.keyBag)))])],
    [
      'whose encrypted content is under another tag',
      'certificate-malformed',
      () => {
        const [algorithm, data] = encrypt(encode(sequence(certBag())), secretOf(''), 10)
        const content = sequence(oid(OID.data), algorithm, octets(data))
        return pfx([info(OID.encryptedData, sequence(integer(0), content))])
      },
    ],
  ])('%s', async (_, code, bytes) => {
    await refused(code, bytes())
  })

  // Without a MAC this is what a wrong passphrase looks like, once in about 250 times.
  it.each<[string, () => Asn1]>([
    ['a safe that is no ASN.1', () => locked(Buffer.from([0x30, 5, 1]), 'p')],
    ['a safe that is no SEQUENCE', () => locked(encode(integer(7)), 'p')],
    ['a safe with more behind it', () => locked(Buffer.concat([encode(sequence()), Buffer.alloc(3)]), 'p')],
    [
      'a key that is no SEQUENCE',
      () => {
        const [algorithm, data] = encrypt(encode(integer(7)), secretOf('p'), 10)
        return plain(info(OID.shroudedKeyBag, sequence(algorithm, octets(data))))
      },
    ],
  ])('for its passphrase where it decrypts to %s', async (_, safe) => {
    await refused('certificate-passphrase-wrong', pfx([safe()]), 'p')
  })

  it('as damaged where its MAC fits the passphrase, and its content does not', async () => {
    const mac = (data: Buffer) => macOf(data, bmp('p'))
    await refused('certificate-malformed', pfx([locked(encode(sequence()), 'other')], { mac }), 'p')
    expect(read(pfx([locked(encode(sequence(certBag())), 'p')], { mac }), 'p').certificates).toEqual([crt])
  })
})

describe('the MAC of a PFX file', () => {
  const withMac = (...how: [passphrase: Buffer, spec?: Parameters<typeof macOf>[2]]) =>
    pfx([plain(keyBag(), certBag())], { mac: (data) => macOf(data, ...how) })

  it('may leave out its rounds, which is one round', async () => {
    const bytes = withMac(bmp('p'), { rounds: 0 })
    expect(read(bytes, 'p').keys).toEqual([key])
    await refused('certificate-passphrase-wrong', bytes, 'q')
  })

  it('may be of SHA-512, as OpenSSL in Node.js derives its key', async () => {
    const bytes = withMac(bmp('p'), { digest: 'sha512', type: SHA512 })
    expect(() => createSecureContext({ pfx: bytes, passphrase: 'p' })).not.toThrow()
    expect(read(bytes, 'p').keys).toEqual([key])
  })

  it('is refused where its digest is not known, and where it is cut', async () => {
    const md5 = withMac(bmp('p'), { type: '1.2.840.113549.2.5' })
    await refused('certificate-encryption-unsupported', md5, 'p')
    for (const length of [0, 1, 19])
      await refused('certificate-passphrase-wrong', withMac(bmp('p'), { length }), 'p')
  })

  it.each<[string, Buffer]>([
    ['a terminating zero', bmp('')],
    ['no bytes at all', Buffer.alloc(0)],
  ])('without a passphrase may be over %s', (_, passphrase) => {
    for (const given of [undefined, '', 'needless'])
      expect(read(withMac(passphrase), given).keys).toEqual([key])
  })

  it('may be over the bytes of UTF-8, each as a character, as OpenSSL before 1.1 had it', async () => {
    const bytes = withMac(bmp(Buffer.from('pässwörd').toString('latin1')))
    expect(read(bytes, 'pässwörd').keys).toEqual([key])
    await refused('certificate-passphrase-wrong', bytes, 'passwort')
  })

  it('of RFC 9579 is refused under an HMAC that nobody knows', async () => {
    const kdf = pbkdf2(integer(10), sequence(oid('1.2.840.113549.2.9'), nothing()))
    const algorithm = sequence(oid(OID.pbmac1), sequence(kdf, sequence(oid('1.2.3'), nothing())))
    const mac = () => sequence(sequence(algorithm, octets(Buffer.alloc(32))), octets(salt), integer(1))
    await refused('certificate-encryption-unsupported', pfx([plain(certBag())], { mac }), 'p')
  })
})

const pbkdf2 = (...more: Asn1[]) => sequence(oid('1.2.840.113549.1.5.12'), sequence(octets(salt), ...more))
const iv = Buffer.alloc(16, 9)

describe('PBES2', () => {
  const pbes2 = (kdf: Asn1) =>
    sequence(
      oid('1.2.840.113549.1.5.13'),
      sequence(kdf, sequence(oid('2.16.840.1.101.3.4.1.42'), octets(iv))),
    )
  const safe = (kdf: Asn1, cipherKey: Buffer) => {
    const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
    const data = Buffer.concat([cipher.update(encode(sequence(certBag()))), cipher.final()])
    return pfx([underAlgorithm(pbes2(kdf), data)])
  }
  const sha256 = sequence(oid('1.2.840.113549.2.9'), nothing())
  const derived = (digest: string) => pbkdf2Sync('p', salt, 10, 32, digest)

  it.each<[string, () => Buffer]>([
    ['PBKDF2 without a name of its HMAC, which is SHA-1', () => safe(pbkdf2(integer(10)), derived('sha1'))],
    ['PBKDF2 with SHA-256', () => safe(pbkdf2(integer(10), sha256), derived('sha256'))],
    [
      'PBKDF2 with the length of its key',
      () => safe(pbkdf2(integer(10), integer(32), sha256), derived('sha256')),
    ],
    [
      'scrypt',
      () => {
        const costs = [64, 8, 1].map(integer)
        const kdf = sequence(oid('1.3.6.1.4.1.11591.4.11'), sequence(octets(salt), ...costs))
        return safe(kdf, scryptSync('p', salt, 32, { N: 64, r: 8, p: 1 }))
      },
    ],
  ])('%s is opened', async (_, bytes) => {
    expect(read(bytes(), 'p').certificates).toEqual([crt])
    await refused('certificate-passphrase-wrong', bytes(), 'q')
  })

  it.each<[string, ErrorCode, Asn1]>([
    [
      'a derivation that nobody knows',
      'certificate-encryption-unsupported',
      sequence(oid('1.2.3'), sequence()),
    ],
    [
      'an HMAC that nobody knows',
      'certificate-encryption-unsupported',
      pbkdf2(integer(10), sequence(oid('1.2.3'), nothing())),
    ],
    ['a key of another length', 'certificate-passphrase-wrong', pbkdf2(integer(10), integer(16), sha256)],
  ])('%s is refused', async (_, code, kdf) => {
    await refused(code, safe(kdf, derived('sha256')), 'p')
  })
})

it('RC2 of a length that no block has is refused', () => {
  const algorithm = sequence(oid('1.2.840.113549.1.12.1.6'), sequence(octets(salt), integer(1)))
  const secret = { ...secretOf('p'), budget: kdfBudget() }
  expect(() => decrypt(algorithm, Buffer.alloc(9), secret)).toThrow('padding')
})

it('a key of PKCS#8 with more behind it is refused', () => {
  const [algorithm, data] = encrypt(Buffer.concat([key, Buffer.alloc(3)]), secretOf('p'), 10)
  expect(() => decryptPrivateKeyInfo(encode(sequence(algorithm, octets(data))), 'p')).toThrow()
  const [whole, sealed] = encrypt(key, secretOf('p'), 10)
  expect(decryptPrivateKeyInfo(encode(sequence(whole, octets(sealed))), 'p')).toEqual(key)
})
