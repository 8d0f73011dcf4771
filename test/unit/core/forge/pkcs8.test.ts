/** PKCS#8 under what OpenSSL 3 has no more, as OpenSSL's `legacy` provider, and so OpenSSL before 1.1, writes it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCertificate } from '../../../../core/certificate-file.ts'
import { encode, integer, nothing, octets, oid, sequence } from '../../../../core/forge/asn1.ts'
import { decryptPrivateKeyInfo } from '../../../../core/forge/pkcs8.ts'
import { toPem } from '../../../../core/pem.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { has, runTool } from '../../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'pkcs8-'))
afterAll(() => rmSync(folder, { recursive: true }))

const origin = 'daemon.pem'
let keys: KeyPair
let crt: string
beforeAll(async () => {
  keys = await rsaKeys()
  crt = certificateFor(keys)
  writeFileSync(join(folder, 'key.pem'), pkcs8(keys.privateKey))
})

const load = (key: string, passphrase?: string) =>
  loadCertificate(Buffer.from(key + crt), { origin, passphrase })

describe.runIf(has('openssl'))('a key under', () => {
  const written = (scheme: string, passphrase: string, ...more: string[]) => {
    const providers = ['-provider', 'legacy', '-provider', 'default']
    const args = [
      'pkcs8',
      '-topk8',
      '-v1',
      scheme,
      '-in',
      'key.pem',
      '-out',
      'out.pem',
      ...providers,
      ...more,
    ]
    runTool('openssl', [...args, '-passout', `pass:${passphrase}`], folder)
    return readFileSync(join(folder, 'out.pem'), 'utf8')
  }

  // The first was the default of `openssl pkcs8 -topk8` until OpenSSL 1.1.
  describe.each([
    'PBE-MD5-DES',
    'PBE-SHA1-DES',
    'PBE-MD5-RC2-64',
    'PBE-SHA1-RC2-64',
    'PBE-SHA1-RC2-40',
    'PBE-SHA1-RC2-128',
    'PBE-SHA1-2DES',
    'PBE-SHA1-3DES',
  ])('%s', (scheme) => {
    it.each(['open sesame', 'pässwörd🔑'])('is read with its passphrase %j', async (passphrase) => {
      const loaded = await load(written(scheme, passphrase), passphrase)
      expect(loaded.key.equals(keys.privateKey)).toBe(true)
    })

    it('is read after many rounds', async () => {
      expect((await load(written(scheme, 'p', '-iter', '5000'), 'p')).key.equals(keys.privateKey)).toBe(true)
    })

    it('asks for its passphrase, and refuses a wrong one', async () => {
      const key = written(scheme, 'open sesame')
      await appError('certificate-passphrase-missing', () => load(key))
      // One in about 250 decrypts to padding that looks right; looking for it is for the cheapest derivation.
      const attempts = scheme === 'PBE-SHA1-DES' ? 400 : 3
      for (let attempt = 0; attempt < attempts; attempt += 1)
        await appError('certificate-passphrase-wrong', () =>
          load(key, attempt === 0 ? '' : `wrong ${attempt}`),
        )
    })
  })

  it('RC4 is refused, with what to do', async () => {
    const error = await appError('certificate-encryption-unsupported', () =>
      load(written('PBE-SHA1-RC4-128', 'p'), 'p'),
    )
    expect(error.message).toContain('its scheme of encryption is not known')
    expect(error.hint).toContain('openssl pkcs8')
  })
})

describe('a key under a cipher that nobody here has', () => {
  const under = (cipher: string, parameters = octets(Buffer.alloc(16)), prf = '1.2.840.113549.2.9') => {
    const kdf = sequence(
      oid('1.2.840.113549.1.5.12'),
      sequence(octets(Buffer.alloc(8)), integer(2048), sequence(oid(prf), nothing())),
    )
    const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(kdf, sequence(oid(cipher), parameters)))
    return toPem('ENCRYPTED PRIVATE KEY', encode(sequence(algorithm, octets(Buffer.alloc(1232, 7)))))
  }
  const gcm = sequence(octets(Buffer.alloc(12)), integer(16))

  it.each([
    ['AES-256-GCM', under('2.16.840.1.101.3.4.1.46', gcm)],
    ['AES-256-CCM', under('2.16.840.1.101.3.4.1.47', gcm)],
    ['AES-256-OFB', under('2.16.840.1.101.3.4.1.43')],
    ['RC5', under('1.2.840.113549.3.9')],
    ['a cipher of no name', under('1.2.3.4')],
  ])('(%s) is not told to have another passphrase', async (_, key) => {
    await appError('certificate-encryption-unsupported', () => load(key, 'p'))
    await appError('certificate-passphrase-missing', () => load(key))
  })
})

describe('decryptPrivateKeyInfo', () => {
  it.each([
    Buffer.alloc(0),
    Buffer.from([0x30, 0]),
    Buffer.from([5, 0]),
    Buffer.from([0x30, 4, 0x30, 0, 4, 0]),
  ])('throws for %j, which is no EncryptedPrivateKeyInfo', (bytes) =>
    expect(() => decryptPrivateKeyInfo(bytes, 'p')).toThrow(),
  )
})
