import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCertificate, type CertificateSpec, subjectKeyIdentifier } from '../../../../core/forge/x509.ts'
import { type KeyPair, rsaKeys } from '../../../support/certificates.ts'
import { has, runTool } from '../../../support/tools.ts'

const folder = mkdtempSync(join(tmpdir(), 'x509-'))
afterAll(() => rmSync(folder, { recursive: true }))

let keys: KeyPair
let caKeys: KeyPair
let leafPem: string
let caPem: string
let serverPem: string

beforeAll(async () => {
  ;[keys, caKeys] = await Promise.all([rsaKeys(), rsaKeys()])
  leafPem = build({})
  caPem = build({
    subject: [{ type: 'CN', value: 'Dev CA – Ünï' }],
    publicKey: caKeys.publicKey,
    signer: { privateKey: caKeys.privateKey },
    ca: true,
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
    permittedDnsNames: ['localhost'],
    permittedIpRanges: ['127.0.0.0/255.0.0.0', '::1'],
  })
  serverPem = build({
    subject: [{ type: 'CN', value: 'localhost' }],
    signer: { privateKey: caKeys.privateKey, issuer: { certificatePem: caPem } },
    extendedKeyUsage: ['serverAuth'],
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
  })
  for (const [name, pem] of Object.entries({ leaf: leafPem, ca: caPem, server: serverPem }))
    writeFileSync(join(folder, `${name}.crt`), pem)
})

function build(spec: Partial<CertificateSpec>): string {
  return buildCertificate({
    subject: [
      { type: 'C', value: 'DE' },
      { type: 'O', value: 'Contoso, Ltd & “Söhne”' },
      { type: 'OU', value: 'R+D=1' },
      { type: 'DC', value: 'example' },
      { type: 'emailAddress', value: 'ops@example.com' },
      { type: 'CN', value: 'daemon' },
    ],
    publicKey: keys.publicKey,
    signer: { privateKey: keys.privateKey },
    notBefore: new Date('2026-01-02T03:04:05Z'),
    notAfter: new Date('2051-01-02T03:04:05Z'),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['clientAuth'],
    ...spec,
  })
}

const openssl = (...args: string[]) => runTool('openssl', args, folder)
const text = (name: string) =>
  openssl('x509', '-in', `${name}.crt`, '-noout', '-text', '-nameopt', 'RFC2253,utf8,-esc_msb')

describe('a certificate that was built', () => {
  it('is read by node:crypto with its dates, also past 2049, and verifies with its own key', () => {
    const leaf = new X509Certificate(leafPem)
    expect(leaf.validFromDate.toISOString()).toBe('2026-01-02T03:04:05.000Z')
    expect(leaf.validToDate.toISOString()).toBe('2051-01-02T03:04:05.000Z')
    expect(leaf.verify(keys.publicKey)).toBe(true)
    expect(leaf.checkPrivateKey(keys.privateKey)).toBe(true)
    expect(leaf.ca).toBe(false)
  })

  it('has a positive serial number of 128 random bits', () => {
    const serials = Array.from({ length: 8 }, () => new X509Certificate(build({})).serialNumber)
    expect(new Set(serials).size).toBe(8)
    for (const serial of serials) expect(serial).toMatch(/^01[0-9A-F]{32}$/)
  })

  it('has the subject key identifier that RFC 5280 describes', () => {
    const bits = keys.publicKey.export({ type: 'pkcs1', format: 'der' })
    expect(subjectKeyIdentifier(keys.publicKey)).toBe(createHash('sha1').update(bits).digest('hex'))
  })

  it('that another issued carries its name to the byte', () => {
    const [server, ca] = [new X509Certificate(serverPem), new X509Certificate(caPem)]
    expect(server.checkIssued(ca)).toBe(true)
    expect(server.verify(ca.publicKey)).toBe(true)
    expect(server.issuer).toBe(ca.subject)
    expect(server.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  })

  it('refuses an address that is none', () => {
    expect(() => build({ ipAddresses: ['300.0.0.1'] })).toThrow(/not an IP address/)
    expect(() => build({ permittedIpRanges: ['300.0.0.1'] })).toThrow(/not an IP address/)
  })
})

describe.runIf(has('openssl'))('openssl', () => {
  it.each([
    ['leaf', 'leaf'],
    ['ca', 'ca'],
    ['ca', 'server'],
  ])('verifies with %s.crt the certificate %s.crt, strictly', (ca, name) => {
    expect(openssl('verify', '-x509_strict', '-check_ss_sig', '-CAfile', `${ca}.crt`, `${name}.crt`)).toBe(
      `${name}.crt: OK\n`,
    )
  })

  it('takes the leaf for client authentication, and not for a server', () => {
    openssl('verify', '-purpose', 'sslclient', '-CAfile', 'leaf.crt', 'leaf.crt')
    expect(() => openssl('verify', '-purpose', 'sslserver', '-CAfile', 'leaf.crt', 'leaf.crt')).toThrow()
  })

  it("keeps to the authority's name constraints", () => {
    const foreign = build({
      signer: { privateKey: caKeys.privateKey, issuer: { certificatePem: caPem } },
      extendedKeyUsage: ['serverAuth'],
      dnsNames: ['login.microsoftonline.com'],
    })
    writeFileSync(join(folder, 'foreign.crt'), foreign)
    expect(() => openssl('verify', '-CAfile', 'ca.crt', 'foreign.crt')).toThrow(/permitted subtree violation/)
  })

  it('shows the extensions of the leaf', () => {
    const shown = text('leaf')
    expect(shown).toMatch(/Basic Constraints: critical\s+CA:FALSE/)
    expect(shown).toMatch(/Key Usage: critical\s+Digital Signature\n/)
    expect(shown).toMatch(/Extended Key Usage:\s+TLS Web Client Authentication\n/)
    expect(shown.replaceAll(':', '').toLowerCase()).toContain(subjectKeyIdentifier(keys.publicKey))
    expect(shown).toContain('Signature Algorithm: sha256WithRSAEncryption')
    expect(shown).toContain('Version: 3')
  })

  it('shows the subject with every character as it was given', () => {
    expect(text('leaf')).toContain(
      'Subject: CN=daemon,emailAddress=ops@example.com,DC=example,OU=R\\+D=1,O=Contoso\\, Ltd & “Söhne”,C=DE',
    )
  })
})

describe.runIf(has('keytool'))("Java's parser", () => {
  it.each(['leaf', 'ca', 'server'])('reads %s.crt', (name) => {
    const shown = runTool('keytool', ['-J-Duser.language=en', '-printcert', '-file', `${name}.crt`], folder)
    expect(shown).toContain('SHA256withRSA')
  })
})

describe.runIf(has('certtool'))("GnuTLS' parser", () => {
  it.each(['leaf', 'ca', 'server'])('reads %s.crt', (name) => {
    expect(runTool('certtool', ['--certificate-info', '--infile', `${name}.crt`], folder)).toContain(
      'RSA-SHA256',
    )
  })
})

describe('the extensions', () => {
  const hexOf = (pem: string) => new X509Certificate(pem).raw.toString('hex')
  /** `OID, critical TRUE` of an extension 2.5.29.N. */
  const critical = (extension: string) => `0603551d${extension}0101ff`

  it('that limit what a certificate may do are critical', () => {
    for (const extension of ['13', '0f']) expect(hexOf(leafPem)).toContain(critical(extension))
    for (const extension of ['13', '0f', '1e']) expect(hexOf(caPem)).toContain(critical(extension))
  })

  it('permit addresses with a mask of their own length', () => {
    expect(hexOf(caPem)).toContain('87087f000000ff000000')
    expect(hexOf(caPem)).toContain(`8720${'0'.repeat(31)}1${'ff'.repeat(16)}`)
  })

  it('are there only where they say something', () => {
    for (const extension of ['0603551d11', '0603551d1e', '0603551d23'])
      expect(hexOf(leafPem)).not.toContain(extension)
  })

  it('name the key of the authority', () => {
    expect(hexOf(serverPem)).toContain(`8014${subjectKeyIdentifier(caKeys.publicKey)}`)
  })
})

it.each(['bogus', 'x1.2.3', '1.2.3x', '1', '1..2', 'cn'])('an attribute of a name can not be %j', (type) => {
  expect(() => build({ subject: [{ type, value: 'x' }] })).toThrow(TypeError)
})

it('an attribute of a name may be any OID', () => {
  const pem = build({ subject: [{ type: '2.999.10', value: 'x' }] })
  expect(new X509Certificate(pem).subject).toBe('2.999.10=x')
})
