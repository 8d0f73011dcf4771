/** Files put together at random, of right and wrong pieces: what the loader says follows from what is in them, and from nothing else. */
import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate } from '../../../core/certificate-file.ts'
import { AppError } from '../../../core/errors.ts'
import { writePfx } from '../../../core/forge/pkcs12-writer.ts'
import { certificateFor, derOf, type KeyPair, pkcs8, rsaKeys } from '../../support/certificates.ts'

const PASSPHRASE = 'correct horse'
const origin = 'daemon.pem'

let pieces: Record<Piece, string>
let keys: KeyPair
const NAMES = ['key', 'keyAgain', 'lockedKey', 'strangeKey', 'leaf', 'issuer', 'root', 'stranger'] as const
type Piece = (typeof NAMES)[number]

beforeAll(async () => {
  const [own, ca, top, other] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys(), rsaKeys()])
  keys = own
  const root = certificateFor(top, { cn: 'root', ca: true })
  const issuer = certificateFor(ca, { cn: 'issuer', ca: true, issuer: { keys: top, pem: root } })
  const pkcs1 = (key: KeyObject) => key.export({ type: 'pkcs1', format: 'pem' }).toString()
  pieces = {
    key: pkcs8(own.privateKey),
    keyAgain: pkcs1(own.privateKey),
    lockedKey: pkcs8(own.privateKey, PASSPHRASE),
    strangeKey: pkcs8(other.privateKey),
    leaf: certificateFor(own, { cn: 'leaf', issuer: { keys: ca, pem: issuer } }),
    issuer,
    root,
    stranger: certificateFor(other, { cn: 'stranger' }),
  }
})

/** What must come of a file of these pieces: an error's code, or the names of the chain. */
function expected(file: readonly Piece[], hasPassphrase: boolean): string {
  const has = (...names: Piece[]) => names.some((name) => file.includes(name))
  const certificates = file.filter((name) => ['leaf', 'issuer', 'root', 'stranger'].includes(name))
  if (file.length === 0) return 'certificate-not-recognised'
  if (has('lockedKey') && !hasPassphrase) return 'certificate-passphrase-missing'
  const own = has('key', 'keyAgain', 'lockedKey')
  if (certificates.length === 0) return 'certificate-no-certificate'
  if (!own && !has('strangeKey')) return 'certificate-no-key'
  if (own && has('strangeKey')) return 'certificate-two-keys'
  if (!own) return has('stranger') ? 'CN=stranger' : 'certificate-key-mismatch'
  if (!has('leaf')) return 'certificate-key-mismatch'
  return ['CN=leaf', ...(has('issuer') ? ['CN=issuer', ...(has('root') ? ['CN=root'] : [])] : [])].join(' ')
}

async function outcome(bytes: Uint8Array, passphrase?: string): Promise<string> {
  try {
    const { chain } = await loadCertificate(bytes, { origin, passphrase })
    return chain.map(({ subject }) => subject).join(' ')
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.hint).toBeTruthy()
    return error.code
  }
}

/** What editors, shells and mail do to text on its way. */
const handling: fc.Arbitrary<(text: string) => Buffer> = fc.constantFrom<(text: string) => Buffer>(
  (text) => Buffer.from(text),
  (text) => Buffer.from(text.replaceAll('\n', '\r\n')),
  (text) => Buffer.from(text.replaceAll('\n', '\r')),
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(text.replaceAll('\n', '\\n')),
  (text) => Buffer.from(text.replace(/^/gm, '    ')),
  (text) => Buffer.from(text.trimEnd()),
  (text) => Buffer.from(Buffer.from(text).toString('base64')),
)
const between = fc.constantFrom(
  '',
  '\n\n',
  'Bag Attributes\n    friendlyName: daemon\n',
  '# notes, and a = b\n',
  '-- \n',
)
const file = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 7 })

describe('a file of pieces', () => {
  it('in any order, with anything around them, gives what is in it', async () => {
    const property = fc.asyncProperty(
      file,
      fc.array(between, { minLength: 8, maxLength: 8 }),
      handling,
      fc.boolean(),
      async (names, gaps, handle, hasPassphrase) => {
        const text = names.map((name, at) => `${gaps[at]}${pieces[name]}`).join('') + gaps[7]
        fc.pre(text.trim() !== '')
        const found = await outcome(handle(text), hasPassphrase ? PASSPHRASE : undefined)
        expect(found).toBe(expected(names, hasPassphrase))
      },
    )
    await fc.assert(property, { numRuns: 400 })
  })

  it('in two files gives the same as in one', async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom<Piece>('leaf', 'issuer', 'root', 'stranger'), { minLength: 1 }),
      fc.constantFrom<Piece>('key', 'keyAgain', 'lockedKey', 'strangeKey'),
      async (certificates, key) => {
        const second = { bytes: Buffer.from(pieces[key]), origin: 'daemon.key' }
        const text = Buffer.from(certificates.map((name) => pieces[name]).join(''))
        const found = await loadCertificate(text, { origin, passphrase: PASSPHRASE, key: second }).then(
          ({ chain }) => chain.map(({ subject }) => subject).join(' '),
          (error: unknown) => (error instanceof AppError ? error.code : String(error)),
        )
        expect(found).toBe(expected([...certificates, key], true))
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })
})

describe('a passphrase', () => {
  it('is the right one, or told to be wrong; none is asked for; another file is never opened with it', async () => {
    const locked = Buffer.from(pieces.lockedKey + pieces.leaf)
    const pfx = writePfx({
      certificates: [derOf(pieces.leaf)],
      key: keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
      passphrase: PASSPHRASE,
      friendlyName: 'daemon',
    })
    const near = fc.constantFrom(
      ` ${PASSPHRASE}`,
      `${PASSPHRASE}\n`,
      PASSPHRASE.slice(1),
      `${PASSPHRASE}\0`,
      '',
    )
    const property = fc.asyncProperty(fc.oneof(near, fc.string({ unit: 'binary' })), async (passphrase) => {
      // HMAC fills short keys up with zeros (RFC 2104), so PBKDF2 does not tell zeros at the end.
      fc.pre(passphrase.replace(/\0+$/, '') !== PASSPHRASE)
      expect(await outcome(locked, passphrase)).toBe('certificate-passphrase-wrong')
      expect(await outcome(pfx, passphrase)).toBe('certificate-passphrase-wrong')
    })
    await fc.assert(property, { numRuns: 20 })
    for (const bytes of [locked, pfx]) {
      expect(await outcome(bytes, PASSPHRASE)).toBe('CN=leaf')
      expect(await outcome(bytes)).toBe('certificate-passphrase-missing')
    }
  })
})

describe('a file that is cut', () => {
  const CUT = ['certificate-truncated', 'certificate-empty', 'certificate-not-recognised']

  it('after any byte of PEM is never taken for a whole one', async () => {
    const whole = Buffer.from(pieces.key + pieces.leaf)
    // Where a block has just ended the file is a whole one, of less; without its last line break it is whole.
    const keyEnds = pieces.key.length
    for (let length = 0; length < whole.length - 1; length += 1) {
      const found = await outcome(whole.subarray(0, length))
      // Between the blocks, and while the second has not begun to be one, the first stands alone.
      const alone = length >= keyEnds - 1 && length < keyEnds + '-----BEGIN CERTIFICATE-----'.length
      expect(alone ? ['certificate-no-certificate', ...CUT] : CUT, `${length} bytes`).toContain(found)
    }
    expect(await outcome(whole.subarray(0, whole.length - 1))).toBe('CN=leaf')
  })

  it('after any byte of DER or PFX is told to be cut', async () => {
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
    const pfx = writePfx({ certificates: [derOf(pieces.leaf)], key, passphrase: '', friendlyName: 'daemon' })
    for (const whole of [derOf(pieces.leaf), key, pfx]) {
      for (let length = 0; length < whole.length; length += 1)
        expect(CUT, `${length} bytes`).toContain(await outcome(whole.subarray(0, length)))
      expect(CUT).not.toContain(await outcome(whole))
    }
  })
})
