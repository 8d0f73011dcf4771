import { constants, sign, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  assertThumbprint,
  assertUsable,
  clientCertificate,
  loadCertificate,
  verifiesWith,
} from '../../../core/certificate.ts'
import { thumbprintsOf } from '../../../core/thumbprints.ts'
import { appError } from '../../support/app-error.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys, withUnknownKey } from '../../support/certificates.ts'

const origin = 'certs/daemon.pem'
const data = Buffer.from('header.payload')
let keys: KeyPair
let leaf: X509Certificate

beforeAll(async () => {
  keys = await rsaKeys()
  leaf = new X509Certificate(certificateFor(keys, { from: -1, until: 30 }))
})

const later = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000)

describe('clientCertificate', () => {
  const signer = async () =>
    clientCertificate(
      await loadCertificate(Buffer.from(leaf.toString() + pkcs8(keys.privateKey)), { origin }),
    )

  it('says what it is and shows no key', async () => {
    const certificate = await signer()
    expect(certificate.chainPem).toEqual([leaf.toString()])
    expect(certificate.notAfter).toEqual(leaf.validToDate)
    expect(certificate.origin).toBe(origin)
    expect(JSON.stringify(certificate)).not.toContain('PRIVATE')
    expect(Object.keys(certificate).sort()).toEqual(['chainPem', 'notAfter', 'origin', 'sign'])
  })

  it.each(['PS256', 'RS256'] as const)('signs with %s so that only that algorithm verifies', async (alg) => {
    const signature = await (await signer()).sign(alg, data)
    const other = alg === 'PS256' ? 'RS256' : 'PS256'
    expect(verifiesWith(leaf, alg, data, signature)).toBe(true)
    expect(verifiesWith(leaf, other, data, signature)).toBe(false)
    expect(verifiesWith(leaf, alg, Buffer.from('other'), signature)).toBe(false)
  })

  it('signs PS256 with a salt as long as the digest (RFC 7518 section 3.5), and takes no other', () => {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const longest = constants.RSA_PSS_SALTLEN_MAX_SIGN
    const signature = sign('sha256', data, { key: keys.privateKey, padding, saltLength: longest })
    expect(verifiesWith(leaf, 'PS256', data, signature)).toBe(false)
  })

  it('signs anew each time with PS256', async () => {
    const certificate = await signer()
    expect(await certificate.sign('PS256', data)).not.toEqual(await certificate.sign('PS256', data))
  })
})

describe('assertUsable', () => {
  it('takes a certificate up to its last second', () => {
    assertUsable(leaf, origin)
    assertUsable(leaf, origin, leaf.validToDate)
  })

  it('refuses it a second later and says when it expired', async () => {
    const { message } = await appError('certificate-expired', () =>
      assertUsable(leaf, origin, later(leaf.validToDate, 1)),
    )
    expect(message).toContain(leaf.validToDate.toISOString().slice(0, 10))
  })

  it('forgives a clock that is up to five minutes behind', () => {
    assertUsable(leaf, origin, later(leaf.validFromDate, -300))
  })

  it('refuses it earlier than that and says from which minute it holds', async () => {
    const { message } = await appError('certificate-not-yet-valid', () =>
      assertUsable(leaf, origin, later(leaf.validFromDate, -301)),
    )
    expect(message).toContain(leaf.validFromDate.toISOString().slice(11, 16))
  })

  it.each(['validFrom', 'validTo'])('refuses a certificate whose %s is no date', async (which) => {
    const der = Buffer.from(leaf.raw)
    // UTCTime is tag 0x17 with 13 characters (RFC 5280 section 4.1.2.5.1); month 99 is none.
    const date = which === 'validFrom' ? leaf.validFromDate : leaf.validToDate
    const digits = date
      .toISOString()
      .replace(/\.\d+|\D/g, '')
      .slice(2)
    const at = der.indexOf(`\x17\x0d${digits}Z`, 0, 'latin1')
    expect(at).toBeGreaterThan(0)
    der.write('99', at + 4, 'latin1')
    await appError('certificate-malformed', () => assertUsable(new X509Certificate(der), origin))
  })

  it('refuses a key of a kind that OpenSSL does not know', () =>
    appError('certificate-malformed', () => assertUsable(withUnknownKey(leaf), origin)))

  it('refuses a small RSA key', async () => {
    const small = new X509Certificate(certificateFor(await rsaKeys(1024)))
    await appError('certificate-key-too-small', () => assertUsable(small, origin))
  })
})

describe('assertThumbprint', () => {
  it('takes any spelling of the right thumbprints', () => {
    const { sha1, sha256, x5t, 'x5t#S256': x5tS256 } = thumbprintsOf(leaf.raw)
    for (const spelling of [sha1, sha256, x5t, x5tS256, leaf.fingerprint, leaf.fingerprint256.toLowerCase()])
      assertThumbprint(leaf, spelling, origin)
  })

  it('refuses one of another certificate and names the right one', async () => {
    const other = new X509Certificate(certificateFor(keys, { cn: 'other' }))
    const { message } = await appError('certificate-thumbprint-mismatch', () =>
      assertThumbprint(leaf, other.fingerprint, origin),
    )
    expect(message).toContain(thumbprintsOf(leaf.raw).sha1)
    const long = await appError('certificate-thumbprint-mismatch', () =>
      assertThumbprint(leaf, other.fingerprint256, origin),
    )
    expect(long.message).toContain(thumbprintsOf(leaf.raw).sha256)
  })

  it.each(['', 'daemon', 'ab:cd'])(
    'refuses %j, which is none, and does not repeat it',
    async (configured) => {
      const { message } = await appError('setting-invalid', () => assertThumbprint(leaf, configured, origin))
      if (configured !== '') expect(message).not.toContain(configured)
    },
  )
})
