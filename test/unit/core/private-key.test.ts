import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../core/errors.ts'
import { isConsistent, type KeyPart, readPrivateKey } from '../../../core/private-key.ts'
import { appError } from '../../support/app-error.ts'
import { rsaKeys } from '../../support/certificates.ts'

const origin = 'daemon.key'
let key: KeyObject
beforeAll(async () => {
  key = (await rsaKeys()).privateKey
})

const der = (type: 'pkcs8' | 'pkcs1', options = {}) =>
  Buffer.from(key.export({ type, format: 'der', ...options } as { type: 'pkcs8'; format: 'der' }))
const encrypted = (cipher: string, passphrase: string): KeyPart => ({
  form: 'encrypted-pkcs8',
  der: der('pkcs8', { cipher, passphrase }),
})
const legacy = (cipher: string, passphrase: string): KeyPart => ({
  form: 'legacy-encrypted',
  pem: key.export({ type: 'pkcs1', format: 'pem', cipher, passphrase }).toString(),
})

describe('readPrivateKey reads', () => {
  it.each(['pkcs8', 'pkcs1'] as const)('%s', async (form) => {
    expect((await readPrivateKey({ form, der: der(form) }, { origin })).equals(key)).toBe(true)
  })

  it('one form under the label of another, as OpenSSL does', async () => {
    expect((await readPrivateKey({ form: 'pkcs1', der: der('pkcs8') }, { origin })).equals(key)).toBe(true)
  })

  it('SEC 1', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const sec1 = privateKey.export({ type: 'sec1', format: 'der' })
    expect((await readPrivateKey({ form: 'sec1', der: sec1 }, { origin })).asymmetricKeyType).toBe('ec')
  })

  it.each(['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc', 'camellia-256-cbc'])(
    'PKCS#8 and legacy PEM under %s',
    async (cipher) => {
      for (const part of [encrypted(cipher, 'open sesame'), legacy(cipher, 'open sesame')])
        expect((await readPrivateKey(part, { origin, passphrase: 'open sesame' })).equals(key)).toBe(true)
    },
  )
})

describe('readPrivateKey refuses', () => {
  const cases: [what: string, code: ErrorCode, part: () => KeyPart, passphrase?: string][] = [
    ['an OpenSSH key', 'certificate-not-recognised', () => ({ form: 'foreign' })],
    ['bad base64', 'certificate-malformed', () => ({ form: 'damaged' })],
    ['no key at all', 'certificate-malformed', () => ({ form: 'pkcs8', der: Buffer.alloc(0) })],
    [
      'an encrypted one that is none',
      'certificate-malformed',
      () => ({ form: 'encrypted-pkcs8', der: Buffer.from([5, 0]) }),
      'p',
    ],
    ['one without a passphrase', 'certificate-passphrase-missing', () => encrypted('aes-256-cbc', 'p')],
    ['a legacy one without a passphrase', 'certificate-passphrase-missing', () => legacy('aes-256-cbc', 'p')],
    ['one with another passphrase', 'certificate-passphrase-wrong', () => encrypted('aes-256-cbc', 'p'), 'P'],
    [
      'a legacy one with another passphrase',
      'certificate-passphrase-wrong',
      () => legacy('aes-256-cbc', 'p'),
      'P',
    ],
    [
      "one under a cipher that OpenSSL alone has, with another's passphrase",
      'certificate-passphrase-wrong',
      () => encrypted('camellia-256-cbc', 'p'),
      'P',
    ],
    ['one with an empty passphrase', 'certificate-passphrase-wrong', () => encrypted('aes-256-cbc', 'p'), ''],
    [
      'a cipher that OpenSSL 3 has no more',
      'certificate-encryption-unsupported',
      () => withDek('DES-CBC,0011223344556677'),
      'p',
    ],
    [
      'a cipher that nobody knows',
      'certificate-encryption-unsupported',
      () => withDek('NOPE-CBC,0011223344556677'),
      'p',
    ],
    ['an IV that is cut', 'certificate-malformed', () => withDek('AES-256-CBC,00112233'), 'p'],
    [
      'an IV that is no hexadecimal',
      'certificate-malformed',
      () => withDek(`AES-256-CBC,${'x'.repeat(32)}`),
      'p',
    ],
    ['no DEK-Info', 'certificate-malformed', () => withDek('x', 'Comment: '), 'p'],
    [
      'a cipher that takes no IV',
      'certificate-encryption-unsupported',
      () => withDek('DES-EDE3,0011223344556677'),
      'p',
    ],
    ['scrypt that wants a gigabyte', 'certificate-encryption-unsupported', () => scrypt(2 ** 19, 16), 'p'],
    ['scrypt that wants hours', 'certificate-encryption-unsupported', () => scrypt(2, 1, 2 ** 24), 'p'],
  ]
  it.each(cases)('%s', async (_, code, part, passphrase) => {
    const { message } = await appError(code, () => readPrivateKey(part(), { origin, passphrase }))
    expect(message).toContain(origin)
  })

  it('a wrong passphrase under which the padding of a legacy key happens to look right', async () => {
    const part = legacy('aes-256-cbc', 'p')
    if (part.form !== 'legacy-encrypted') throw new TypeError('unreachable')
    // One in 256; that none of so many does is as likely as to guess the key.
    const passphrases = Array.from({ length: 20_000 }, (_, attempt) => `wrong ${attempt}`)
    const passphrase = passphrases.find((each) => paddingFits(part.pem, each))
    expect(passphrase).toBeDefined()
    await appError('certificate-passphrase-wrong', () => readPrivateKey(part, { origin, passphrase }))
  })

  /** Decrypts as OpenSSL does: the key is MD5 over passphrase and the first half of the IV. */
  function paddingFits(pem: string, passphrase: string): boolean {
    const iv = Buffer.from(/^DEK-Info: AES-256-CBC,(\w+)$/m.exec(pem)?.[1] ?? '', 'hex')
    const md5 = (before: Buffer) =>
      createHash('md5').update(before).update(passphrase).update(iv.subarray(0, 8)).digest()
    const half = md5(Buffer.alloc(0))
    const cipher = createDecipheriv('aes-256-cbc', Buffer.concat([half, md5(half)]), iv)
    cipher.update(pem.split('\n\n')[1]?.replace(/-----.*/, '') ?? '', 'base64')
    try {
      cipher.final()
      return true
    } catch {
      return false
    }
  }

  /** A legacy PEM block that names another cipher than it has. */
  function withDek(dek: string, name = 'DEK-Info: '): KeyPart {
    const part = legacy('aes-256-cbc', 'p')
    if (part.form !== 'legacy-encrypted') throw new TypeError('unreachable')
    return { ...part, pem: part.pem.replace(/DEK-Info: .*/, `${name}${dek}`) }
  }

  /** An EncryptedPrivateKeyInfo under scrypt (RFC 7914 section 7) with that cost, block size and parallelism. */
  function scrypt(cost: number, blockSize: number, parallelism = 1): KeyPart {
    const tlv = (tag: number, ...content: Buffer[]) => {
      const body = Buffer.concat(content)
      return Buffer.concat([Buffer.from([tag, body.length]), body])
    }
    const oid = (hex: string) => tlv(6, Buffer.from(hex, 'hex'))
    const number = (value: number) => {
      const hex = value.toString(16)
      return tlv(2, Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
    }
    const costs = [cost, blockSize, parallelism].map(number)
    const kdf = tlv(0x30, oid('2b06010401da47040b'), tlv(0x30, tlv(4, Buffer.alloc(8)), ...costs))
    const aes = tlv(0x30, oid('60864801650304012a'), tlv(4, Buffer.alloc(16)))
    const algorithm = tlv(0x30, oid('2a864886f70d01050d'), tlv(0x30, kdf, aes))
    return { form: 'encrypted-pkcs8', der: tlv(0x30, algorithm, tlv(4, Buffer.alloc(16))) }
  }
})

describe('isConsistent', () => {
  it.each([2048, 3072])('is true for a key of %i bits', async (bits) => {
    expect(isConsistent((await rsaKeys(bits)).privateKey)).toBe(true)
  })

  it('is true with another public exponent', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
    expect(isConsistent(privateKey)).toBe(true)
  })

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)('is false where %s is of another key', async (name) => {
    const [mine, other] = [
      key.export({ format: 'jwk' }),
      (await rsaKeys()).privateKey.export({ format: 'jwk' }),
    ]
    const mixed = createPrivateKey({ key: { ...mine, [name]: other[name] ?? '' }, format: 'jwk' })
    expect(isConsistent(mixed)).toBe(false)
  })

  it('is false where the modulus or the exponent is of another key, and all else fits', async () => {
    const mine = key.export({ format: 'jwk' })
    const { n = '' } = (await rsaKeys()).publicKey.export({ format: 'jwk' })
    for (const other of [{ n }, { e: 'Aw' }])
      expect(isConsistent(createPrivateKey({ key: { ...mine, ...other }, format: 'jwk' }))).toBe(false)
  })

  it.each([
    ['first', 'p', 'q', 'dq'],
    ['second', 'q', 'p', 'dp'],
  ] as const)('is false where d undoes e for the %s prime only', (_, right, wrong, rest) => {
    const mine = key.export({ format: 'jwk' })
    const [d, one, two] = [numberOf(mine.d), numberOf(mine[right]), numberOf(mine[wrong])]
    // The same remainder for one prime as before, another for the other, and the numbers that follow from it.
    const twisted = d + (one - 1n)
    const numbers = { ...mine, d: base64url(twisted), [rest]: base64url(twisted % (two - 1n)) }
    expect(isConsistent(createPrivateKey({ key: numbers, format: 'jwk' }))).toBe(false)
  })

  it.each([
    ['p', 'q'],
    ['q', 'p'],
  ] as const)('is false where %s is 1 and %s the whole modulus', (one, whole) => {
    const mine = key.export({ format: 'jwk' })
    const numbers = { ...mine, [one]: 'AQ', [whole]: mine.n ?? '' }
    expect(isConsistent(createPrivateKey({ key: numbers, format: 'jwk' }))).toBe(false)
  })
})

const numberOf = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
function base64url(number: bigint): string {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
