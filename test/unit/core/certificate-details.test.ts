import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateDetails, daysLeft } from '../../../core/certificate-details.ts'
import { parseDistinguishedName } from '../../../core/distinguished-name.ts'
import { createSelfSigned } from '../../../core/self-signed.ts'
import { certificateFor, type KeyPair, rsaKeys, withUnknownKey } from '../../support/certificates.ts'
import { has, runTool } from '../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'details-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NAME =
  'CN=daemon – 🔑,OU=R\\+D,O=Contoso\\, Ltd,serialNumber=4711,emailAddress=ops@example.com,DC=example,C=DE'
let own: X509Certificate
let keys: KeyPair
let ca: KeyPair

beforeAll(async () => {
  ;[keys, ca] = await Promise.all([rsaKeys(), rsaKeys()])
  own = (await createSelfSigned({ subject: parseDistinguishedName(NAME), days: 30, keySize: 2048 }))
    .certificate
})

describe('certificateDetails', () => {
  it('tells everything about a certificate of ours', () => {
    expect(certificateDetails(own)).toEqual({
      subject: NAME,
      issuer: NAME,
      serialNumber: own.serialNumber,
      notBefore: own.validFromDate,
      notAfter: own.validToDate,
      keyType: 'rsa',
      keySize: 2048,
      signatureAlgorithm: 'sha256WithRSAEncryption',
      ca: false,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['clientAuth'],
    })
  })

  it('takes for an authority only what says that it is one', () => {
    const { raw } = new X509Certificate(certificateFor(ca, { cn: 'ca', ca: true }))
    // BasicConstraints ::= SEQUENCE { cA BOOLEAN, … }: the BOOLEAN is made false, or another type.
    const at = raw.indexOf(Buffer.from('30030101ff', 'hex'))
    const changed = (index: number, byte: number) => {
      const der = Buffer.from(raw)
      der[at + index] = byte
      return certificateDetails(new X509Certificate(der)).ca
    }
    expect([changed(4, 0xff), changed(4, 0), changed(2, 4)]).toEqual([true, false, false])
  })

  it('calls a key unknown that OpenSSL does not know', () => {
    expect(certificateDetails(withUnknownKey(own))).toMatchObject({ keyType: 'unknown', keySize: undefined })
  })

  it.each([
    ['UTF-16', 0x1e, Buffer.from('däm', 'utf16le').swap16(), 'däm'],
    ['Latin-1', 0x14, Buffer.from('dämöns', 'latin1'), 'dämöns'],
  ])('reads a name in %s, as older authorities write it', (_, tag, bytes, name) => {
    const der = Buffer.from(new X509Certificate(certificateFor(keys)).raw)
    const written = Buffer.from([0x0c, 6, ...Buffer.from('daemon')])
    for (let at = der.indexOf(written); at !== -1; at = der.indexOf(written))
      Buffer.from([tag, 6, ...bytes]).copy(der, at)
    expect(certificateDetails(new X509Certificate(der)).subject).toBe(`CN=${name}`)
  })

  it('tells issuer from subject, and an authority from a leaf', () => {
    const issuer = { keys: ca, pem: certificateFor(ca, { cn: 'ca', ca: true }) }
    const leaf = certificateDetails(new X509Certificate(certificateFor(keys, { cn: 'leaf', issuer })))
    expect(leaf).toMatchObject({ subject: 'CN=leaf', issuer: 'CN=ca', ca: false })
    expect(certificateDetails(new X509Certificate(issuer.pem))).toMatchObject({
      ca: true,
      keyUsage: ['keyCertSign', 'cRLSign'],
      extendedKeyUsage: undefined,
    })
  })

  it.runIf(has('openssl'))("tells the kinds of other tools' certificates", () => {
    const made = (...args: string[]) => {
      runTool('openssl', ['req', '-x509', '-nodes', '-keyout', 'k.pem', '-out', 'c.pem', ...args], folder)
      return certificateDetails(new X509Certificate(readFileSync(join(folder, 'c.pem'))))
    }
    const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    expect(made('-subj', '/C=DE/ST=Bayern/L=München/O=A/CN=ec', '-utf8', ...ec)).toMatchObject({
      subject: 'CN=ec,O=A,L=München,ST=Bayern,C=DE',
      keyType: 'ec',
      keySize: undefined,
      signatureAlgorithm: 'ecdsaWithSHA256',
      ca: true,
      keyUsage: undefined,
    })
    expect(made('-subj', '/CN=x/1.3.6.1.4.1.311.20.2.3=upn', '-newkey', 'rsa:2048', '-sha1')).toMatchObject({
      subject: '1.3.6.1.4.1.311.20.2.3=upn,CN=x',
      signatureAlgorithm: 'sha1WithRSAEncryption',
    })
    expect(made('-subj', '/CN=x', '-newkey', 'ed25519')).toMatchObject({
      keyType: 'ed25519',
      signatureAlgorithm: '1.3.101.112',
    })
    const usages = [
      '-addext',
      'keyUsage=critical,decipherOnly,keyAgreement',
      '-addext',
      'extendedKeyUsage=1.2.3.4,codeSigning',
    ]
    expect(made('-subj', '/CN=x', '-newkey', 'rsa:2048', ...usages)).toMatchObject({
      keyUsage: ['keyAgreement', 'decipherOnly'],
      extendedKeyUsage: ['1.2.3.4', 'codeSigning'],
    })
  })

  it('gives what it can of a certificate whose parts were changed', () => {
    for (let at = 4; at < own.raw.length; at += 3) {
      const der = Buffer.from(own.raw)
      der[at] = (der[at] ?? 0) ^ 0x15
      const changed = readable(der)
      if (changed !== undefined) expect(typeof certificateDetails(changed).subject).toBe('string')
    }
  })
})

describe('daysLeft', () => {
  const notAfter = new Date('2026-03-10T12:00:00Z')
  it.each([
    ['2026-03-01T12:00:00Z', 9],
    ['2026-03-01T12:00:01Z', 8],
    ['2026-03-10T12:00:00Z', 0],
    ['2026-03-10T12:00:01Z', -1],
    ['2026-03-12T13:00:00Z', -3],
  ])('at %s is %i', (now, days) => expect(daysLeft({ notAfter }, new Date(now))).toBe(days))
})

function readable(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}
