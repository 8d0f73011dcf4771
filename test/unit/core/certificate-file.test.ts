import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  type X509Certificate,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CERTIFICATE_FILE_MAX, loadCertificate } from '../../../core/certificate-file.ts'
import type { ErrorCode } from '../../../core/errors.ts'
import { toPem } from '../../../core/pem.ts'
import { appError } from '../../support/app-error.ts'
import {
  certificateFor,
  certificatesForFiles,
  derOf,
  ecKeys,
  pkcs8,
  rsaKeys,
} from '../../support/certificates.ts'

const origin = 'certs/daemon.pem'
const { keys, otherKeys, crt, otherCrt, key, ca, root, issued } = await certificatesForFiles()

const load = (text: string | Buffer, passphrase?: string) =>
  loadCertificate(Buffer.from(text), { origin, passphrase })
const refused = (code: ErrorCode, text: string | Buffer, passphrase?: string) =>
  appError(code, () => load(text, passphrase))
const pkcs1 = (privateKey: KeyObject) => privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const names = (chain: readonly X509Certificate[]) => chain.map(({ subject }) => subject)

describe('loadCertificate reads', () => {
  const forms: [form: string, text: () => string | Buffer, passphrase?: string][] = [
    ['key, then certificate', () => key + crt],
    ['certificate, then key', () => crt + key],
    ['PKCS#1', () => pkcs1(keys.privateKey) + crt],
    ['encrypted PKCS#8', () => pkcs8(keys.privateKey, 'pässword') + crt, 'pässword'],
    ['encrypted PKCS#8 with an empty passphrase', () => pkcs8(keys.privateKey, '') + crt, ''],
    ['legacy encrypted PEM', () => legacy(keys.privateKey, 'abcd') + crt, 'abcd'],
    ['a plain key although a passphrase was given', () => key + crt, 'needless'],
    ['CRLF', () => (key + crt).replaceAll('\n', '\r\n')],
    ['CR', () => (key + crt).replaceAll('\n', '\r')],
    ['a byte order mark', () => `\ufeff${key}${crt}`],
    ['UTF-16, as PowerShell writes it', () => Buffer.from(`\ufeff${key}${crt}`, 'utf16le')],
    ['text around the blocks', () => `Bag Attributes\n${key}subject=CN = daemon\n${crt}# end`],
    ['one line with backslash-n, as in a variable', () => (key + crt).replaceAll('\n', '\\n')],
    ['base64 of the file', () => Buffer.from(key + crt).toString('base64')],
    [
      'base64 in lines',
      () =>
        Buffer.from(key + crt)
          .toString('base64')
          .replace(/.{76}/g, '$&\r\n'),
    ],
    ['the same key and certificate twice', () => key + crt + pkcs1(keys.privateKey) + crt],
    ['a certificate of another label', () => key + crt.replaceAll(' CERT', ' X509 CERT')],
    ['blocks of other kinds beside them', () => key + crt + toPem('EC PARAMETERS', Buffer.from([6, 1, 42]))],
  ]
  it.each(forms)('%s', async (_, text, passphrase) => {
    const loaded = await load(text(), passphrase)
    expect(loaded.chain.map(({ raw }) => raw)).toEqual([derOf(crt)])
    expect(loaded.key.equals(keys.privateKey)).toBe(true)
    expect(loaded.origin).toBe(origin)
  })

  it.each([
    ['PEM and PEM', () => crt, () => key],
    ['DER and PKCS#8 DER', () => derOf(crt), () => keys.privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['DER and PKCS#1 DER', () => derOf(crt), () => keys.privateKey.export({ type: 'pkcs1', format: 'der' })],
    [
      'base64 of DER and base64 of DER',
      () => base64(derOf(crt)),
      () => base64(keys.privateKey.export({ type: 'pkcs8', format: 'der' })),
    ],
    ['PEM with its key and the key once more', () => crt + key, () => key],
  ])('two files: %s', async (_, certificate, second) => {
    const loaded = await loadCertificate(Buffer.from(certificate()), {
      origin,
      key: { bytes: Buffer.from(second()), origin: 'certs/daemon.key' },
    })
    expect(loaded.key.equals(keys.privateKey)).toBe(true)
  })

  it('an encrypted DER key in a second file', async () => {
    const bytes = keys.privateKey.export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'p',
    })
    const options = { origin, passphrase: 'p', key: { bytes, origin: 'k' } }
    expect((await loadCertificate(derOf(crt), options)).key.equals(keys.privateKey)).toBe(true)
  })
})

describe('the chain', () => {
  it('is leaf, issuer, root, whatever the order in the file', async () => {
    for (const order of [
      [issued, ca.pem, root.pem],
      [root.pem, ca.pem, issued],
      [ca.pem, issued, root.pem],
    ]) {
      const { chain } = await load(order.join('') + key)
      expect(names(chain)).toEqual(['CN=issued', 'CN=ca', 'CN=root'])
    }
  })

  it('ends where an issuer is not in the file', async () => {
    expect(names((await load(issued + root.pem + key)).chain)).toEqual(['CN=issued'])
  })

  it('leaves out what is not of it, also an authority of the right name with another key', async () => {
    const impostor = certificateFor(otherKeys, { cn: 'ca', ca: true })
    expect(names((await load(issued + impostor + otherCrt + key)).chain)).toEqual(['CN=issued'])
  })

  it('ends for authorities that vouch for each other in a circle', async () => {
    const a = certificateFor(ca.keys, { cn: 'ca', ca: true, issuer: { keys: root.keys, pem: root.pem } })
    const b = certificateFor(root.keys, { cn: 'root', ca: true, issuer: { keys: ca.keys, pem: ca.pem } })
    expect(names((await load(issued + a + b + key)).chain)).toEqual(['CN=issued', 'CN=ca', 'CN=root'])
  })
})

describe('loadCertificate refuses', () => {
  const cases: [what: string, code: ErrorCode, text: () => string | Buffer, passphrase?: string][] = [
    ['no bytes', 'certificate-empty', () => ''],
    ['white space only', 'certificate-empty', () => ' \r\n\t\n'],
    ['more than 1 MB', 'certificate-too-large', () => key + crt + ' '.repeat(CERTIFICATE_FILE_MAX)],
    ['text', 'certificate-not-recognised', () => 'CLIENT_ID=…\n'],
    ['JSON', 'certificate-not-recognised', () => '{"value":"x"}'],
    [
      'binary that is no DER',
      'certificate-not-recognised',
      () => Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
    ],
    [
      'base64 of something else',
      'certificate-not-recognised',
      () => base64(Buffer.from('hello world, hello')),
    ],
    ['text that starts as DER would', 'certificate-not-recognised', () => '0123456789'],
    ['DER of another kind', 'certificate-not-recognised', () => Buffer.from([0x30, 3, 2, 1, 7])],
    [
      'a public key',
      'certificate-not-recognised',
      () => keys.publicKey.export({ type: 'spki', format: 'pem' }),
    ],
    ['a request', 'certificate-not-recognised', () => toPem('CERTIFICATE REQUEST', derOf(crt))],
    ['a certificate alone', 'certificate-no-key', () => crt],
    ['a certificate alone in DER', 'certificate-no-key', () => derOf(crt)],
    ['a key alone', 'certificate-no-certificate', () => key],
    ['two keys', 'certificate-two-keys', () => key + crt + pkcs8(otherKeys.privateKey)],
    [
      'two certificates for one key',
      'certificate-two-leaves',
      () => key + crt + certificateFor(keys, { cn: 'again' }),
    ],
    ['the key of another certificate', 'certificate-key-mismatch', () => pkcs8(otherKeys.privateKey) + crt],
    [
      'an encrypted key without passphrase',
      'certificate-passphrase-missing',
      () => pkcs8(keys.privateKey, 'p') + crt,
    ],
    [
      'a legacy encrypted key without passphrase',
      'certificate-passphrase-missing',
      () => legacy(keys.privateKey, 'p') + crt,
    ],
    ['a wrong passphrase', 'certificate-passphrase-wrong', () => pkcs8(keys.privateKey, 'p') + crt, 'q'],
    [
      'an empty passphrase that is wrong',
      'certificate-passphrase-wrong',
      () => pkcs8(keys.privateKey, 'p') + crt,
      '',
    ],
    [
      'a passphrase with a line break at its end',
      'certificate-passphrase-wrong',
      () => pkcs8(keys.privateKey, 'p') + crt,
      'p\n',
    ],
    [
      'a wrong passphrase for legacy PEM',
      'certificate-passphrase-wrong',
      () => legacy(keys.privateKey, 'p') + crt,
      'q',
    ],
    ['a file cut in its certificate', 'certificate-truncated', () => (key + crt).slice(0, -100)],
    ['a file cut in its key', 'certificate-truncated', () => (crt + key).slice(0, -100)],
    ['base64 of a cut file', 'certificate-truncated', () => base64(Buffer.from((crt + key).slice(0, -100)))],
    ['DER that is cut', 'certificate-truncated', () => derOf(crt).subarray(0, -1)],
    [
      'PEM that lost lines',
      'certificate-truncated',
      () => key + toPem('CERTIFICATE', derOf(crt).subarray(0, 300)),
    ],
    ['a certificate with bad base64', 'certificate-malformed', () => key + crt.replace('\nMII', '\nM*I')],
    [
      'a certificate with other bytes inside',
      'certificate-malformed',
      () => key + toPem('CERTIFICATE', zeroed(derOf(crt))),
    ],
    [
      'a certificate whose own signature is wrong',
      'certificate-malformed',
      () => key + toPem('CERTIFICATE', flipped(derOf(crt), -5)),
    ],
    ['a key with bad base64', 'certificate-malformed', () => key.replace('\nMII', '\nM*I') + crt],
    [
      'a key with other bytes inside',
      'certificate-malformed',
      () => toPem('PRIVATE KEY', Buffer.from([0x30, 2, 5, 0])) + crt,
    ],
    [
      'an OpenSSH key',
      'certificate-not-recognised',
      () => toPem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1')) + crt,
    ],
  ]
  it.each(cases)('%s', async (_, code, text, passphrase) => {
    const { message, hint } = await refused(code, text(), passphrase)
    expect(message).toContain(origin)
    expect(hint).toBeTruthy()
  })

  it.each([
    ['a Java keystore', 'keytool', () => Buffer.from('feedfeed00000002', 'hex')],
    ['PKCS#7 in PEM', 'openssl pkcs7', () => toPem('PKCS7', Buffer.from([0x30, 0]))],
    ['PKCS#7 in DER', 'openssl pkcs7', () => Buffer.from('300b06092a864886f70d010702', 'hex')],
    ['a request', 'came of it', () => toPem('NEW CERTIFICATE REQUEST', Buffer.from([0x30, 0]))],
    ['a public key', 'holds more', () => keys.publicKey.export({ type: 'pkcs1', format: 'pem' })],
  ])('%s, and says what to do with it', async (_, remedy, bytes) => {
    const { hint } = await refused('certificate-not-recognised', bytes())
    expect(hint).toContain(remedy)
  })

  it('a key alone, and says that this is what is there', async () => {
    const { message } = await refused('certificate-no-certificate', key)
    expect(message).toContain('has a private key, but no certificate')
  })

  it('an EC key and names the type', async () => {
    const { message } = await refused('certificate-key-not-rsa', pkcs8((await ecKeys()).privateKey) + crt)
    expect(message).toContain('ec')
  })

  it.each(['ed25519', 'x25519', 'rsa-pss'] as const)('a key of type %s', async (type) => {
    const { privateKey } =
      type === 'rsa-pss'
        ? generateKeyPairSync(type, { modulusLength: 2048 })
        : generateKeyPairSync(type as 'ed25519')
    await refused('certificate-key-not-rsa', pkcs8(privateKey) + crt)
  })

  it('a SEC 1 key in PEM and in DER', async () => {
    const { privateKey } = await ecKeys()
    await refused('certificate-key-not-rsa', privateKey.export({ type: 'sec1', format: 'pem' }) + crt)
    await appError('certificate-key-not-rsa', () =>
      loadCertificate(derOf(crt), {
        origin,
        key: { bytes: privateKey.export({ type: 'sec1', format: 'der' }), origin: 'k' },
      }),
    )
  })

  it('an RSA key below 2048 bits and names its size', async () => {
    const small = await rsaKeys(1024)
    const { message } = await refused(
      'certificate-key-too-small',
      pkcs8(small.privateKey) + certificateFor(small),
    )
    expect(message).toContain('1024')
  })

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)(
    'a key that fits, but whose number %s is damaged',
    async (name) => {
      const der = keys.privateKey.export({ type: 'pkcs8', format: 'der' })
      const number = Buffer.from(keys.privateKey.export({ format: 'jwk' })[name] ?? '', 'base64url')
      const damaged = flipped(der, der.indexOf(number) + 40)
      await refused('certificate-malformed', toPem('PRIVATE KEY', damaged) + crt)
    },
  )

  it.each<[string, ErrorCode, () => string]>([
    ['no key', 'certificate-no-key', () => otherCrt],
    ['the key of another certificate', 'certificate-key-mismatch', () => pkcs8(otherKeys.privateKey)],
    ['a cut key', 'certificate-truncated', () => key.slice(0, 200)],
    ['an encrypted key', 'certificate-passphrase-missing', () => pkcs8(keys.privateKey, 'p')],
    ['nothing', 'certificate-empty', () => ''],
  ])('%s in a second file, and names that file', async (_, code, second) => {
    const { message } = await appError(code, () =>
      loadCertificate(Buffer.from(crt), {
        origin,
        key: { bytes: Buffer.from(second()), origin: 'second.pem' },
      }),
    )
    expect(message).toContain('second.pem')
    expect(message).not.toContain(origin)
  })

  it('a key whose derivation would take hours, at once', async () => {
    const der = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'der',
      cipher: 'aes-256-cbc',
      passphrase: 'p',
    })
    const at = der.indexOf(Buffer.from([0x02, 0x02, 0x08, 0x00]))
    const costly = Buffer.concat([
      der.subarray(0, at),
      Buffer.from([0x02, 0x02, 0x7f, 0xff]),
      der.subarray(at + 4),
    ])
    await refused('certificate-passphrase-wrong', toPem('ENCRYPTED PRIVATE KEY', costly) + crt, 'p')
    await refused(
      'certificate-encryption-unsupported',
      toPem('ENCRYPTED PRIVATE KEY', withRounds(0x7fffffff)) + crt,
      'p',
    )
  })

  it('never calls a wrong passphrase damage, also where its padding happens to fit', async () => {
    const encrypted = pkcs8(keys.privateKey, 'right')
    for (let attempt = 0; attempt < 600; attempt += 1)
      await refused('certificate-passphrase-wrong', encrypted + crt, `wrong ${attempt}`)
  })
})

describe('no error carries', () => {
  it('a passphrase or a piece of the file', async () => {
    const secrets = [key.split('\n')[3] ?? '', crt.split('\n')[3] ?? '', 'correct horse']
    const errors = [
      await refused('certificate-passphrase-wrong', pkcs8(keys.privateKey, 'p') + crt, 'correct horse'),
      await refused('certificate-malformed', key.replace('\nMII', '\nM*I') + crt, 'correct horse'),
      await refused('certificate-key-mismatch', pkcs8(otherKeys.privateKey) + crt),
      await refused('certificate-not-recognised', 'correct horse'),
    ]
    for (const error of errors)
      for (const secret of secrets)
        expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain(secret)
  })
})

it('the loaded key makes signatures that the leaf verifies', async () => {
  const { chain, key: loaded } = await load(pkcs1(keys.privateKey) + crt)
  expect(
    verify('sha256', Buffer.from('x'), chain[0].publicKey, sign('sha256', Buffer.from('x'), loaded)),
  ).toBe(true)
})

const base64 = (bytes: Buffer) => bytes.toString('base64')

/** The PEM form of OpenSSL before PKCS#8. */
const legacy = (privateKey: KeyObject, passphrase: string) =>
  privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()

/** The same length and outer header, nothing inside. */
const zeroed = (der: Buffer) => Buffer.concat([der.subarray(0, 4), Buffer.alloc(der.length - 4)])

function flipped(der: Buffer, offset: number): Buffer {
  const copy = Buffer.from(der)
  const at = offset < 0 ? copy.length + offset : offset
  copy[at] = (copy[at] ?? 0) ^ 0x04
  return copy
}

/** An EncryptedPrivateKeyInfo (RFC 5958) of PBES2 with that many rounds of PBKDF2. */
function withRounds(rounds: number): Buffer {
  const tlv = (tag: number, ...content: Buffer[]) => {
    const body = Buffer.concat(content)
    return Buffer.concat([Buffer.from([tag, body.length]), body])
  }
  const number = Buffer.alloc(4)
  number.writeInt32BE(rounds)
  const pbkdf2 = tlv(0x30, oid('2a864886f70d01050c'), tlv(0x30, tlv(4, Buffer.alloc(8)), tlv(2, number)))
  const aes = tlv(0x30, oid('60864801650304012a'), tlv(4, Buffer.alloc(16)))
  return tlv(0x30, tlv(0x30, oid('2a864886f70d01050d'), tlv(0x30, pbkdf2, aes)), tlv(4, Buffer.alloc(16)))
  function oid(hex: string) {
    return tlv(6, Buffer.from(hex, 'hex'))
  }
}
