import { execFile } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../core/forge/x509.ts'
import { createDevCa, type DevCa, type DevCaKeys, openDevCa } from '../../../tenant/dev-ca.ts'
import { CLOUD_DOMAINS } from '../../../tenant/http/hosts.ts'
import { newRsaKey } from '../../../tenant/rsa.ts'

const run = promisify(execFile)
let keys: DevCaKeys
let ca: DevCa
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dev-ca-'))
  const caKey = await newRsaKey()
  keys = createDevCa(buildCertificate, caKey, await newRsaKey())
  ca = openDevCa(buildCertificate, keys)
  await writeFile(join(folder, 'ca.pem'), ca.caPem)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

/** What `openssl verify -x509_strict` says of a certificate, with the CA as the only trusted one. */
async function opensslVerify(certificatePem: string): Promise<string> {
  const file = join(folder, 'leaf.pem')
  await writeFile(file, certificatePem)
  const { stdout, stderr } = await run('openssl', [
    'verify',
    '-x509_strict',
    '-CAfile',
    join(folder, 'ca.pem'),
    file,
  ]).catch((error: { stdout: string; stderr: string }) => error)
  return stdout + stderr
}

/** A leaf that the CA's key signed, for names of the caller's choice. */
async function leafFor(dnsNames: string[], ipAddresses: string[] = []): Promise<string> {
  const { createPrivateKey } = await import('node:crypto')
  return buildCertificate({
    subject: [{ type: 'CN', value: 'leaf' }],
    publicKey: createPublicKey(createPrivateKey(keys.leafKeyPem)),
    signer: { privateKey: createPrivateKey(keys.caKeyPem), issuer: { certificatePem: keys.caPem } },
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['serverAuth'],
    dnsNames,
    ipAddresses,
  })
}

describe('the dev CA', () => {
  test('issues a loopback certificate that openssl takes strictly', async () => {
    expect(await opensslVerify(ca.certPem)).toContain('OK')
    const leaf = new X509Certificate(ca.certPem)
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  })

  test('issues it for servers alone, and for clocks that are an hour behind', () => {
    const leaf = new X509Certificate(ca.certPem)
    // https://oidref.com/1.3.6.1.5.5.7.3.1: serverAuth
    expect({ usage: leaf.keyUsage, isCa: leaf.ca }).toEqual({ usage: ['1.3.6.1.5.5.7.3.1'], isCa: false })
    expect(Date.now() - leaf.validFromDate.getTime()).toBeGreaterThanOrEqual(60 * 60 * 1000)
  })

  test('vouches for the names of the cloud and loopback, and for nothing else, critically', async () => {
    const args = ['x509', '-in', join(folder, 'ca.pem'), '-noout', '-ext', 'nameConstraints']
    const { stdout } = await run('openssl', args)
    const [critical = '', kind = '', ...names] = stdout
      .trim()
      .split('\n')
      .map((line) => line.trim())
    expect(critical).toBe('X509v3 Name Constraints: critical')
    expect(kind).toBe('Permitted:')
    expect(names).toEqual([
      'DNS:localhost',
      ...CLOUD_DOMAINS.map((name) => `DNS:${name}`),
      'IP:127.0.0.0/255.0.0.0',
      'IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF',
    ])
  })

  test.each(['contoso.ciamlogin.com', 'login.microsoftonline.com', 'my.vault.azure.net'])(
    'may vouch for %s',
    async (name) => {
      expect(await opensslVerify(await leafFor([name]))).toContain('OK')
    },
  )

  test.each(['example.org', 'notciamlogin.com', 'azure.net', 'microsoftonline.com'])(
    'is not believed for %s',
    async (name) => {
      expect(await opensslVerify(await leafFor([name]))).toMatch(/permitted subtree violation/)
    },
  )

  test.each(['192.168.0.1', '::2'])('is not believed for the address %s', async (address) => {
    expect(await opensslVerify(await leafFor(['localhost'], [address]))).toMatch(
      /permitted subtree violation/,
    )
  })

  test.each(['login.microsoftonline.com', 'CONTOSO.ciamlogin.com', 'v.vault.azure.net'])(
    'has a context for %s',
    (name) => {
      expect(ca.contextFor(name)).toBeDefined()
      expect(ca.contextFor(name)).toBe(ca.contextFor(name))
    },
  )

  test('keeps the contexts of 64 names, then begins anew: who asks can not fill the memory', () => {
    const own = openDevCa(buildCertificate, keys)
    const asked = Array.from({ length: 64 }, (_, index) => `n${index}.vault.azure.net`)
    const first = asked.map((name) => own.contextFor(name))
    expect(
      asked.map((name) => own.contextFor(name)).every((context, index) => context === first[index]),
    ).toBe(true)
    const late = own.contextFor('one-more.vault.azure.net')
    expect(own.contextFor('one-more.vault.azure.net')).toBe(late)
    expect(own.contextFor('n0.vault.azure.net')).not.toBe(first[0])
  })

  test.each(['example.org', 'localhost', 'ciamlogin.com', 'a.b.ciamlogin.com', ''])(
    'has no context for %j',
    (name) => {
      expect(ca.contextFor(name)).toBeUndefined()
    },
  )
})
