import { createHmac, createPrivateKey, pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate, loadPublicCertificate } from '../../../../core/certificate-file.ts'
import type { ErrorCode } from '../../../../core/errors.ts'
import {
  type Asn1,
  childrenOf,
  encode,
  explicitOf,
  integer,
  nothing,
  octets,
  octetsOf,
  oid,
  parse,
  sequence,
} from '../../../../core/forge/asn1.ts'
import { bmp, deriveKey, KeyPurpose } from '../../../../core/forge/pbe.ts'
import { readPfx } from '../../../../core/forge/pkcs12.ts'
import { writePfx } from '../../../../core/forge/pkcs12-writer.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, derOf, ecKeys, type KeyPair, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { has, runTool } from '../../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'pkcs12-'))
afterAll(() => rmSync(folder, { recursive: true }))

const origin = 'daemon.pfx'
let keys: KeyPair
let others: KeyPair
let crt: string
let key: Buffer

beforeAll(async () => {
  ;[keys, others] = await Promise.all([rsaKeys(), rsaKeys()])
  crt = certificateFor(keys)
  key = derKey(keys)
  writeFileSync(join(folder, 'key.pem'), pkcs8(keys.privateKey))
  writeFileSync(join(folder, 'cert.pem'), crt)
  writeFileSync(join(folder, 'two-keys.pem'), pkcs8(keys.privateKey) + pkcs8(others.privateKey) + crt)
})

const derKey = ({ privateKey }: KeyPair) => privateKey.export({ type: 'pkcs8', format: 'der' })
const pfx = (passphrase: string, more = {}) =>
  writePfx({ certificates: [derOf(crt)], key, passphrase, friendlyName: 'daemon', ...more })
const load = (bytes: Uint8Array, passphrase?: string) => loadCertificate(bytes, { origin, passphrase })
const refused = (code: ErrorCode, bytes: Uint8Array, passphrase?: string) =>
  appError(code, () => load(bytes, passphrase))

/** What a SEQUENCE of three holds: a PFX file itself, and its macData. */
function threeOf(node: Asn1): [Asn1, Asn1, Asn1] {
  const [first, second, third] = childrenOf(node)
  if (first === undefined || second === undefined || third === undefined) throw new TypeError('not three')
  return [first, second, third]
}

function openssl(...args: string[]): Buffer {
  const base = [
    'pkcs12',
    '-export',
    '-inkey',
    'key.pem',
    '-in',
    'cert.pem',
    '-out',
    'out.pfx',
    '-passout',
    'pass:p',
  ]
  runTool('openssl', [...base, ...args], folder)
  return readFileSync(join(folder, 'out.pfx'))
}

describe('the key derivation of PKCS#12', () => {
  // Vectors that Bouncy Castle, OpenSSL and node-forge share.
  it.each([
    ['smeg', '0a58cf64530d823f', 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
    ['queeg', '1682c0fc5b3f7ec5', 1000, '483dd6e919d7de2e8e648ba8f862f3fbfbdc2bcb2c02957f'],
  ])('gives for %s what other programs give', (passphrase, salt, rounds, expected) => {
    const derived = deriveKey(
      'sha1',
      KeyPurpose.encryption,
      bmp(passphrase),
      { salt: Buffer.from(salt, 'hex'), rounds },
      24,
    )
    expect(derived.toString('hex')).toBe(expected)
  })

  it('starts a longer key with the shorter one', () => {
    const derive = (length: number) =>
      deriveKey('sha256', KeyPurpose.mac, bmp('x'), { salt: Buffer.alloc(8, 1), rounds: 3 }, length).toString(
        'hex',
      )
    expect(derive(200).startsWith(derive(32))).toBe(true)
  })
})

describe('a PFX file of ours', () => {
  it.each(['p', 'correct horse', 'pässwörd', '密码🔑', ' leading and trailing ', 'x'.repeat(200)])(
    'is read again with the passphrase %j and no other',
    async (passphrase) => {
      const bytes = pfx(passphrase)
      expect((await load(bytes, passphrase)).key.equals(keys.privateKey)).toBe(true)
      await refused('certificate-passphrase-wrong', bytes, `${passphrase}x`)
    },
  )

  it('without a passphrase opens when none is given, and with any that is', async () => {
    for (const given of [undefined, '', 'needless'])
      expect((await load(pfx(''), given)).key.equals(keys.privateKey)).toBe(true)
  })

  it.each(['', 'p', 'pässwörd🔑'])("is taken by Node's TLS with the passphrase %j", (passphrase) => {
    expect(() => createSecureContext({ pfx: pfx(passphrase), passphrase })).not.toThrow()
    expect(() => createSecureContext({ pfx: pfx(passphrase), passphrase: 'other' })).toThrow()
  })

  it('is never the same twice', () => expect(pfx('p').equals(pfx('p'))).toBe(false))

  it('may be followed by other bytes', async () => {
    await load(Buffer.concat([pfx('p'), Buffer.from('\r\n\0\0')]), 'p')
  })

  it('shows neither certificate nor key in the clear', () => {
    const bytes = pfx('p')
    expect(bytes.includes(derOf(crt).subarray(20, 60))).toBe(false)
    expect(bytes.includes(key.subarray(40, 80))).toBe(false)
  })
})

describe('a PFX file is refused', () => {
  it('when it is cut anywhere', async () => {
    const bytes = pfx('p')
    for (const length of [8, 40, 200, bytes.length - 1])
      await refused('certificate-truncated', bytes.subarray(0, length), 'p')
  })

  it('when a bit flipped in what the MAC covers', async () => {
    const bytes = pfx('p')
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await refused('certificate-passphrase-wrong', bytes, 'p')
  })

  it('when its version is not 3', async () => {
    const bytes = Buffer.from(pfx('p'))
    bytes[bytes.indexOf(Buffer.from([2, 1, 3])) + 2] = 4
    await refused('certificate-not-recognised', bytes, 'p')
  })

  it('when its key belongs to another certificate', async () => {
    await refused('certificate-key-mismatch', pfx('p', { key: derKey(others) }), 'p')
  })

  it('when its key is EC', async () => {
    await refused('certificate-key-not-rsa', pfx('p', { key: derKey(await ecKeys()) }), 'p')
  })

  it('when its key is no key', async () => {
    await refused('certificate-malformed', pfx('p', { key: Buffer.from([0x30, 0]) }), 'p')
  })

  it('when two certificates fit its key', async () => {
    const certificates = [derOf(crt), derOf(certificateFor(keys, { cn: 'again' }))]
    await refused('certificate-two-leaves', pfx('p', { certificates }), 'p')
  })

  it('when a derivation would take hours, at once', async () => {
    // Put together anew: what is random in the file can look like any piece of it that one searches for.
    const [version, contentInfo, macData] = threeOf(parse(pfx('p')))
    const [digestInfo, salt] = threeOf(macData)
    const costly = (rounds: number) =>
      encode(sequence(version, contentInfo, sequence(digestInfo, salt, integer(rounds))))
    await load(costly(10_000), 'p')
    await refused('certificate-encryption-unsupported', costly(0x7fffffff), 'p')
  })

  it('when nothing but the start of one is there', async () => {
    await refused('certificate-malformed', Buffer.from([0x30, 3, 2, 1, 3]))
    await refused('certificate-malformed', Buffer.from([0x30, 0x80, 2, 1, 3]))
  })
})

describe.runIf(has('openssl'))('openssl', () => {
  const info = (passphrase: string) => {
    writeFileSync(join(folder, 'ours.pfx'), pfx(passphrase))
    const args = ['-c', `openssl pkcs12 -in ours.pfx -info -nodes -passin "pass:${passphrase}" 2>&1`]
    return runTool('sh', args, folder)
  }

  it.each(['p', '', 'correct horse', 'pässwörd🔑'])('reads ours with %j, without -legacy', (passphrase) => {
    const shown = info(passphrase)
    expect(createPrivateKey(shown.slice(shown.indexOf('-----BEGIN PRIVATE'))).equals(keys.privateKey)).toBe(
      true,
    )
    expect(shown).toContain('friendlyName: daemon')
  })

  it('finds a SHA-256 MAC, and AES-256 with HMAC-SHA-256 over certificate and key alike', () => {
    const shown = info('p')
    expect(shown).toMatch(/MAC: sha256, Iteration 10000\nMAC length: 32, salt length: 16/)
    const cipher = /PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/g
    expect(shown.match(cipher)).toHaveLength(2)
    expect(shown).toMatch(/PKCS7 Encrypted data: PBES2/)
    expect(shown).toMatch(/Shrouded Keybag: PBES2/)
  })

  it('makes files without MAC, where a wrong passphrase is told by what it gives', async () => {
    const bytes = openssl('-nomac')
    await refused('certificate-passphrase-missing', bytes)
    for (let attempt = 0; attempt < 300; attempt += 1)
      expect(() => readPfx(bytes, { origin, passphrase: `wrong ${attempt}` })).toThrow(
        /passphrase does not open/,
      )
  })

  it('makes files without a key, or without a certificate', async () => {
    const noKey = openssl('-nokeys')
    await refused('certificate-no-key', noKey, 'p')
    expect((await loadPublicCertificate(noKey, { origin, passphrase: 'p' })).raw).toEqual(derOf(crt))
    await refused('certificate-no-certificate', openssl('-nocerts'), 'p')
  })

  it('makes files with RC4, which is refused by name of the remedy', async () => {
    const bytes = openssl('-legacy', '-keypbe', 'PBE-SHA1-RC4-128', '-certpbe', 'NONE')
    const { hint } = await refused('certificate-encryption-unsupported', bytes, 'p')
    expect(hint).toContain('openssl')
  })

  it('makes files with scrypt-free PBES2 of other key lengths', async () => {
    await load(openssl('-keypbe', 'AES-192-CBC', '-certpbe', 'AES-128-CBC', '-macalg', 'sha384'), 'p')
  })
})

/** The same file with the MAC of RFC 9579, as `openssl pkcs12 -pbmac1_pbkdf2` of OpenSSL 3.4 writes it. */
function withPbmac1(der: Buffer, passphrase: string, { keyLength = 32, rounds = 2048 } = {}): Buffer {
  const [version, contentInfo] = threeOf(parse(der))
  const salt = randomBytes(16)
  const data = octetsOf(explicitOf(childrenOf(contentInfo)[1], 0))
  const value = createHmac('sha256', pbkdf2Sync(passphrase, salt, rounds, keyLength, 'sha256'))
    .update(data)
    .digest()
  const hmac = sequence(oid('1.2.840.113549.2.9'), nothing())
  const kdf = sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octets(salt), integer(rounds), integer(keyLength), hmac),
  )
  const algorithm = sequence(oid('1.2.840.113549.1.5.14'), sequence(kdf, hmac))
  const macData = sequence(sequence(algorithm, octets(value)), octets(Buffer.from('NOT USED')), integer(1))
  return encode(sequence(version, contentInfo, macData))
}

describe('a PFX file with the MAC of RFC 9579', () => {
  it('that OpenSSL, in Node.js, takes is read, with its passphrase only', async () => {
    const bytes = withPbmac1(pfx('pässwörd'), 'pässwörd')
    expect(() => createSecureContext({ pfx: bytes, passphrase: 'pässwörd' })).not.toThrow()
    expect((await load(bytes, 'pässwörd')).key.equals(keys.privateKey)).toBe(true)
    await refused('certificate-passphrase-wrong', bytes, 'other')
    await refused('certificate-passphrase-missing', bytes)
  })

  it.each([{ keyLength: 8 }, { keyLength: 4096 }, { rounds: 1_000_001 }])(
    'is refused with %j',
    async (spec) => {
      await refused('certificate-encryption-unsupported', withPbmac1(pfx('p'), 'p', spec), 'p')
    },
  )
})

/** The same file in BER: indefinite lengths, its content in pieces, as Firefox, macOS and Java's older versions write. */
function asBer(der: Buffer): Buffer {
  const [version, contentInfo, mac] = threeOf(parse(der))
  const [type, content] = childrenOf(contentInfo)
  if (type === undefined) throw new TypeError('no PFX')
  const bytes = octetsOf(explicitOf(content, 0))
  const open = (tag: number, ...inner: Buffer[]) =>
    Buffer.concat([Buffer.from([tag, 0x80]), ...inner, Buffer.from([0, 0])])
  const pieces = [bytes.subarray(0, 100), bytes.subarray(100, 101), bytes.subarray(101)]
  const inPieces = open(0x24, ...pieces.map((piece) => encode(octets(piece))))
  return open(0x30, encode(version), open(0x30, encode(type), open(0xa0, inPieces)), encode(mac))
}

describe('a PFX file in BER', () => {
  it('is read as the same one in DER', async () => {
    const ber = asBer(pfx('p'))
    expect(ber.subarray(0, 2).toString('hex')).toBe('3080')
    expect((await load(ber, 'p')).key.equals(keys.privateKey)).toBe(true)
    expect((await load(Buffer.from(ber.toString('base64')), 'p')).key.equals(keys.privateKey)).toBe(true)
    await refused('certificate-passphrase-wrong', ber, 'q')
  })

  it('is refused when it is cut', async () => {
    const ber = asBer(pfx('p'))
    for (const length of [10, 300, ber.length - 1])
      await refused('certificate-malformed', ber.subarray(0, length), 'p')
  })
})

describe.runIf(has('keytool'))("Java's keytool", () => {
  const list = (passphrase: string) =>
    runTool(
      'keytool',
      ['-list', '-v', '-keystore', 'java.pfx', '-storetype', 'PKCS12', '-storepass', passphrase],
      folder,
    )

  it('reads ours, the key with its certificate under its name', () => {
    writeFileSync(join(folder, 'java.pfx'), pfx('correct horse'))
    const shown = list('correct horse')
    expect(shown).toContain('PrivateKeyEntry')
    expect(shown).toMatch(/Alias name: daemon/i)
  })

  it('does not read ours with a wrong passphrase', () => {
    writeFileSync(join(folder, 'java.pfx'), pfx('correct horse'))
    expect(() => list('wrong horse')).toThrow()
  })
})
