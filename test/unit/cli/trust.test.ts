import { getCACertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { trustedCas } from '../../../cli/trust.ts'

const CA = '-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n'

describe('trustedCas', () => {
  it("leaves Node's own CAs alone where the user named none", () => {
    expect(trustedCas(undefined, 'example.com')).toBeUndefined()
  })

  it('adds the CA that the user named to the built-in ones, in place of none of them', () => {
    const cas = trustedCas(CA, 'login.microsoftonline.com')
    expect(cas).toEqual([...getCACertificates('default'), CA])
    expect(cas?.length).toBeGreaterThan(100)
  })

  it.each(['localhost', '127.0.0.1', '[::1]'])('lets no public CA vouch for %s', (host) => {
    expect(trustedCas(CA, host)).toEqual([...getCACertificates('extra'), CA])
  })

  it.each(['localhost.example.com', '128.0.0.1', 'example.com'])(
    'does not take %s for this machine',
    (host) => {
      expect(trustedCas(CA, host)?.length).toBeGreaterThan(100)
    },
  )
})
