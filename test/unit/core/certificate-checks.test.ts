import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Check, checkCertificate } from '../../../core/certificate-checks.ts'
import { buildCertificate, type CertificateSpec } from '../../../core/forge/x509.ts'
import { certificateFor, derOf, type KeyPair, rsaKeys } from '../../support/certificates.ts'

let keys: KeyPair
let others: KeyPair
let good: X509Certificate

beforeAll(async () => {
  ;[keys, others] = await Promise.all([rsaKeys(), rsaKeys()])
  good = new X509Certificate(certificateFor(keys))
})

const results = (checks: readonly Check[]) =>
  Object.fromEntries(checks.map(({ check, result }) => [check, result]))
const detail = (checks: readonly Check[], name: Check['check']) =>
  checks.find(({ check }) => check === name)?.detail
const built = (spec: Partial<CertificateSpec>) =>
  new X509Certificate(
    buildCertificate({
      subject: [{ type: 'CN', value: 'x' }],
      publicKey: keys.publicKey,
      signer: { privateKey: keys.privateKey },
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 100 * 86_400_000),
      keyUsage: ['digitalSignature'],
      ...spec,
    }),
  )

const ALL_OK = { dates: 'ok', algorithm: 'ok', 'private key': 'ok', usage: 'ok', chain: 'ok' }

describe('checkCertificate', () => {
  it('finds a certificate of ours in order', () => {
    expect(results(checkCertificate([good], keys.privateKey))).toEqual(ALL_OK)
  })

  it('skips the private key where it is not here', () => {
    expect(results(checkCertificate([good], undefined))).toEqual({ ...ALL_OK, 'private key': 'skipped' })
  })

  it('finds the key of another certificate', () => {
    expect(results(checkCertificate([good], others.privateKey))).toEqual({
      ...ALL_OK,
      'private key': 'failed',
    })
  })

  it.each([
    ['an expired one', { from: -9, until: -1 }, 'failed', 'expired'],
    ['one of the future', { from: 2, until: 90 }, 'failed', 'not valid yet'],
    ['one with few days left', { until: 28.5 }, 'warning', '28 days left'],
    ['one with many days left', { until: 30.5 }, 'ok', '30 days left'],
  ])('looks at the dates of %s', (_, dates, result, text) => {
    const checks = checkCertificate([new X509Certificate(certificateFor(keys, dates))], keys.privateKey)
    expect(results(checks)).toEqual({ ...ALL_OK, dates: result })
    expect(detail(checks, 'dates')).toContain(text)
  })

  it('finds a small key, whatever the dates', async () => {
    const small = await rsaKeys(1024)
    const checks = checkCertificate(
      [new X509Certificate(certificateFor(small, { from: -9, until: -1 }))],
      undefined,
    )
    expect(results(checks)).toMatchObject({ dates: 'failed', algorithm: 'failed' })
    expect(detail(checks, 'algorithm')).toContain('2048')
  })

  it('warns of usages that leave out what a client does', () => {
    const checks = checkCertificate(
      [built({ keyUsage: ['keyEncipherment'], extendedKeyUsage: ['serverAuth'] })],
      undefined,
    )
    expect(results(checks).usage).toBe('warning')
    expect(detail(checks, 'usage')).toMatch(/digitalSignature.*clientAuth/)
  })

  it('warns of an authority', () => {
    expect(results(checkCertificate([built({ ca: true })], undefined)).usage).toBe('warning')
  })

  it('takes a certificate that is for servers too, and one for anything', () => {
    for (const extendedKeyUsage of [['serverAuth', 'clientAuth'], ['2.5.29.37.0']] as const)
      expect(results(checkCertificate([built({ extendedKeyUsage })], undefined)).usage).toBe('ok')
  })

  it('takes a certificate that does not limit its extended use', () => {
    expect(results(checkCertificate([built({})], undefined)).usage).toBe('ok')
  })

  it('tells a whole chain from one without its end', () => {
    const ca = { keys: others, pem: certificateFor(others, { cn: 'ca', ca: true }) }
    const leaf = new X509Certificate(certificateFor(keys, { issuer: ca }))
    expect(detail(checkCertificate([leaf, new X509Certificate(ca.pem)], undefined), 'chain')).toContain(
      '2 certificates',
    )
    const alone = checkCertificate([leaf], undefined)
    expect([results(alone).chain, detail(alone, 'chain')]).toEqual([
      'skipped',
      'the issuer CN=ca is not here',
    ])
  })

  it('finds a signature that does not verify', () => {
    const der = Buffer.from(derOf(good.toString()))
    der[der.length - 9] = (der[der.length - 9] ?? 0) ^ 1
    expect(results(checkCertificate([new X509Certificate(der)], undefined)).chain).toBe('failed')
  })
})
