/** What opening a file may cost: one derivation is limited, and all of a file together are. */
import { createCipheriv } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate, loadPublicCertificate } from '../../../core/certificate-file.ts'
import {
  type Asn1,
  encode,
  explicit,
  implicitOctets,
  integer,
  nothing,
  octets,
  oid,
  sequence,
} from '../../../core/forge/asn1.ts'
import { bmp, deriveKey, encrypt, KeyPurpose } from '../../../core/forge/pbe.ts'
import { readPfx } from '../../../core/forge/pkcs12.ts'
import { KDF_ROUNDS_MAX, KDF_ROUNDS_PER_FILE, kdfBudget } from '../../../core/key-derivation.ts'
import { toPem } from '../../../core/pem.ts'
import { readPrivateKey } from '../../../core/private-key.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../support/certificates.ts'

const origin = 'daemon.pfx'

describe('the budget of a file', () => {
  it('pays for a few derivations of the greatest size, and for no more', () => {
    const budget = kdfBudget()
    for (let spent = 0; spent < KDF_ROUNDS_PER_FILE; spent += KDF_ROUNDS_MAX) budget.spend(KDF_ROUNDS_MAX)
    budget.spend(0)
    expect(() => budget.spend(1)).toThrow('too many rounds')
  })

  it.each([KDF_ROUNDS_MAX + 1, Number.POSITIVE_INFINITY, Number.NaN, -1])(
    'does not pay for a derivation of %d rounds',
    (rounds) => expect(() => kdfBudget().spend(rounds)).toThrow('too many rounds'),
  )

  it('is not touched by what it did not pay for', () => {
    const budget = kdfBudget(10)
    expect(() => budget.spend(11)).toThrow()
    expect(() => budget.spend(10)).not.toThrow()
  })
})

/** AlgorithmIdentifier of PBES2: AES-256-CBC under a derivation. */
const pbes2 = (kdf: Asn1) =>
  sequence(
    oid('1.2.840.113549.1.5.13'),
    sequence(kdf, sequence(oid('2.16.840.1.101.3.4.1.42'), octets(Buffer.alloc(16)))),
  )
const pbkdf2 = (rounds: number) =>
  sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octets(Buffer.alloc(8)), integer(rounds), sequence(oid('1.2.840.113549.2.9'), nothing())),
  )
const scrypt = (cost: number, blockSize: number, parallelism: number) =>
  sequence(
    oid('1.3.6.1.4.1.11591.4.11'),
    sequence(octets(Buffer.alloc(8)), ...[cost, blockSize, parallelism].map(integer)),
  )
/** A PFX file without a MAC, of encrypted safes. */
const pfx = (...safes: (readonly [algorithm: Asn1, data: Uint8Array])[]) => {
  const encrypted = safes.map(([algorithm, data]) => {
    const content = sequence(oid('1.2.840.113549.1.7.1'), algorithm, implicitOctets(0, data))
    return sequence(oid('1.2.840.113549.1.7.6'), explicit(0, sequence(integer(0), content)))
  })
  const authSafe = encode(sequence(...encrypted))
  return encode(sequence(integer(3), sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octets(authSafe)))))
}
const noise = Buffer.alloc(1232, 7)
const hostile = (kdf: Asn1) => pfx([pbes2(kdf), noise])

describe('a PFX file', () => {
  const none = { bmp: bmp(''), utf8: Buffer.alloc(0) }

  it('of many parts, each at the limit, is refused for the sum of them', async () => {
    // Opened with the empty passphrase, so each part is in order.
    const part = encrypt(encode(sequence()), none, KDF_ROUNDS_MAX)
    const bytes = pfx(...Array.from({ length: 2000 }, () => part))
    const { message } = await appError('certificate-encryption-unsupported', () =>
      loadCertificate(bytes, { origin }),
    )
    expect(message).toContain('too many rounds')
  })

  it('pays for every part, and for every spelling of the passphrase', async () => {
    const part = encrypt(encode(sequence()), none, 1000)
    const bytes = pfx(part, part, part)
    expect(readPfx(bytes, { origin, budget: kdfBudget(3000) }).keys).toEqual([])
    const short = [
      { origin, budget: kdfBudget(2999) },
      { origin, passphrase: 'wrong', budget: kdfBudget(3999) },
    ]
    for (const options of short)
      await appError('certificate-encryption-unsupported', () => readPfx(bytes, options))
  })

  it('of as many parts as an honest one has is not', async () => {
    const part = encrypt(encode(sequence()), none, KDF_ROUNDS_MAX / 10)
    const { message } = await appError('certificate-no-certificate', () =>
      loadCertificate(pfx(part, part, part), { origin }),
    )
    expect(message).toContain('neither a certificate nor a private key')
  })

  it.each<[string, Asn1]>([
    ['PBKDF2 of a million rounds and one', pbkdf2(KDF_ROUNDS_MAX + 1)],
    ['PBKDF2 of as many rounds as fit into four bytes', pbkdf2(0x7fffffff)],
    ['scrypt that would take hours', scrypt(32_768, 1, 100_000)],
    ['scrypt that would take gigabytes', scrypt(2 ** 30, 8, 1)],
    ['scrypt that would take more memory than it may', scrypt(2 ** 16, 8, 1)],
  ])('under %s is refused at once', async (_, kdf) => {
    for (const passphrase of [undefined, '', 'p'])
      await appError('certificate-encryption-unsupported', () =>
        loadCertificate(hostile(kdf), { origin, passphrase }),
      )
  })
})

describe('an encrypted PKCS#8 key', () => {
  let crt: string
  let encrypted: string
  beforeAll(async () => {
    const keys = await rsaKeys()
    crt = certificateFor(keys)
    encrypted = pkcs8(keys.privateKey, 'right')
  })
  const key = (kdf: Asn1) =>
    toPem('ENCRYPTED PRIVATE KEY', encode(sequence(pbes2(kdf), octets(Buffer.alloc(1232, 7)))))
  const load = (text: string, passphrase = 'p') => loadCertificate(Buffer.from(text), { origin, passphrase })

  it.each<[string, Asn1]>([
    ['PBKDF2 of a million rounds and one', pbkdf2(KDF_ROUNDS_MAX + 1)],
    ['scrypt whose parallelism would take hours', scrypt(32_768, 1, 100_000)],
    ['scrypt whose cost would', scrypt(2 ** 30, 1, 1)],
    ['scrypt whose block size would', scrypt(2, 2 ** 24, 1)],
    ['scrypt that would take more memory than OpenSSL allows', scrypt(2 ** 16, 8, 1)],
  ])('under %s is refused at once', async (_, kdf) => {
    await appError('certificate-encryption-unsupported', () => load(key(kdf) + crt))
  })

  it('under modest costs is told to have another passphrase', async () => {
    for (const kdf of [pbkdf2(2048), scrypt(16_384, 8, 1), scrypt(2, 1, 1)])
      await appError('certificate-passphrase-wrong', () => load(key(kdf) + crt))
  })

  it('that is one of hundreds costs no more where only the certificate is asked for', async () => {
    // Two certificates make the loader look at the keys, to tell which certificate is meant.
    const other = certificateFor(await rsaKeys(), { cn: 'other' })
    const keys = Array.from({ length: 300 }, () => key(pbkdf2(KDF_ROUNDS_MAX))).join('')
    const bytes = Buffer.from(keys + crt + other)
    await appError('certificate-two-leaves', () => loadPublicCertificate(bytes, { origin, passphrase: 'p' }))
  })

  it("under PKCS#12's own 3DES, which OpenSSL opens by itself, is paid for too", async () => {
    const [salt, rounds] = [Buffer.alloc(8, 1), 200]
    const derive = (purpose: number, length: number) =>
      deriveKey('sha1', purpose, bmp('p'), { salt, rounds }, length)
    const cipher = createCipheriv('des-ede3-cbc', derive(KeyPurpose.encryption, 24), derive(KeyPurpose.iv, 8))
    const plain = (await rsaKeys()).privateKey.export({ type: 'pkcs8', format: 'der' })
    const data = Buffer.concat([cipher.update(plain), cipher.final()])
    const scheme = sequence(oid('1.2.840.113549.1.12.1.3'), sequence(octets(salt), integer(rounds)))
    const part = { form: 'encrypted-pkcs8', der: encode(sequence(scheme, octets(data))) } as const
    const open = (budget: number) =>
      readPrivateKey(part, { origin, passphrase: 'p', budget: kdfBudget(budget) })
    expect((await open(rounds)).asymmetricKeyType).toBe('rsa')
    await appError('certificate-encryption-unsupported', () => open(rounds - 1))
  })

  it('of two files is paid for out of one budget', async () => {
    const costly = key(pbkdf2(KDF_ROUNDS_MAX))
    await appError('certificate-passphrase-wrong', () =>
      loadCertificate(Buffer.from(crt), {
        origin,
        passphrase: 'p',
        key: { bytes: Buffer.from(costly), origin: 'daemon.key' },
      }),
    )
    await load(encrypted + crt, 'right')
  })
})
