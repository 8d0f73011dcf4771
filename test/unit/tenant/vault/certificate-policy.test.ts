import { describe, expect, test } from 'vitest'
import { readPolicy } from '../../../../tenant/vault/certificate-policy.ts'
import { parseSubject } from '../../../../tenant/vault/subject.ts'

const MINIMAL = { issuer: { name: 'Self' }, x509_props: { subject: 'CN=x' } }
const refused = (value: unknown) =>
  expect(() => readPolicy(value)).toThrow(expect.objectContaining({ status: 400, code: 'BadParameter' }))

describe('a policy', () => {
  test('has Key Vault’s defaults', () => {
    expect(readPolicy(MINIMAL)).toEqual({
      key_props: { exportable: true, kty: 'RSA', key_size: 2048, reuse_key: false },
      secret_props: { contentType: 'application/x-pkcs12' },
      x509_props: {
        subject: 'CN=x',
        ekus: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
        key_usage: ['digitalSignature', 'keyEncipherment'],
        validity_months: 12,
      },
      lifetime_actions: [{ trigger: { lifetime_percentage: 80 }, action: { action_type: 'AutoRenew' } }],
      issuer: { name: 'Self' },
    })
  })

  test('takes 1200 months, and the backslash within quotation marks that Windows has', () => {
    const x509_props = { subject: 'CN="a\\b"', validity_months: 1200 }
    expect(readPolicy({ x509_props }).x509_props).toMatchObject(x509_props)
    expect(parseSubject('CN="a\\b, c"')).toEqual([{ type: 'CN', value: 'a\\b, c' }])
  })

  test('takes null, which SDKs send, for what is not set', () => {
    const key_props = { exportable: null, reuse_key: null }
    expect(readPolicy({ ...MINIMAL, key_props }).key_props).toMatchObject({
      exportable: true,
      reuse_key: false,
    })
  })

  test('may have alternative names in place of a subject', () => {
    const x509_props = { subject: '', sans: { dns_names: ['a.example'] } }
    expect(readPolicy({ ...MINIMAL, x509_props }).x509_props).toMatchObject(x509_props)
  })

  test('takes null for no alternative names, and an empty list of principal names', () => {
    expect(readPolicy({ x509_props: { subject: 'CN=x', sans: null } }).x509_props).not.toHaveProperty('sans')
    const sans = { dns_names: ['a.example'], upns: [] }
    expect(readPolicy({ x509_props: { subject: 'CN=x', sans } }).x509_props.sans).toEqual({
      dns_names: ['a.example'],
    })
  })

  test('drops what it does not know', () => {
    expect(readPolicy({ ...MINIMAL, colour: 'red' })).not.toHaveProperty('colour')
  })

  test('that changes another keeps the rest of it', () => {
    const base = readPolicy({ ...MINIMAL, key_props: { exportable: false, key_size: 4096 } })
    const changed = readPolicy({ x509_props: { validity_months: 6 } }, base)
    expect(changed.key_props).toEqual(base.key_props)
    expect(changed.x509_props).toEqual({ ...base.x509_props, validity_months: 6 })
  })

  test.each([null, 'x', []])('is not changed by %j', (value) => {
    const base = readPolicy(MINIMAL)
    expect(() => readPolicy(value, base)).toThrow(expect.objectContaining({ status: 400 }))
  })

  test.each<[string, unknown]>([
    ['no object', 'x'],
    ['a list', []],
    ['null', null],
    ['no subject', { issuer: { name: 'Self' } }],
    ['properties of the key that are a list', { ...MINIMAL, key_props: [] }],
    ['properties of the secret that are text', { ...MINIMAL, secret_props: 'x' }],
    ['an issuer that is text', { ...MINIMAL, issuer: 'Self' }],
    ['alternative names that are a list', { x509_props: { subject: 'CN=x', sans: [] } }],
    ['properties of the certificate that are a list', { ...MINIMAL, x509_props: [] }],
    ['a subject that is no text', { x509_props: { subject: 1 } }],
    ['a subject that is no name', { x509_props: { subject: 'x' } }],
    ['an open quotation', { x509_props: { subject: 'CN="x' } }],
    ['another issuer', { ...MINIMAL, issuer: { name: 'DigiCert' } }],
    ['an elliptic key', { ...MINIMAL, key_props: { kty: 'EC' } }],
    ['a key of an HSM', { ...MINIMAL, key_props: { kty: 'RSA-HSM' } }],
    ['a small key', { ...MINIMAL, key_props: { key_size: 1024 } }],
    ['an odd key', { ...MINIMAL, key_props: { key_size: '2048' } }],
    ['exportable that is no flag', { ...MINIMAL, key_props: { exportable: 'no' } }],
    ['another content type', { ...MINIMAL, secret_props: { contentType: 'text/plain' } }],
    ['no months', { x509_props: { subject: 'CN=x', validity_months: 0 } }],
    ['too many months', { x509_props: { subject: 'CN=x', validity_months: 1201 } }],
    ['half a month', { x509_props: { subject: 'CN=x', validity_months: 0.5 } }],
    ['a month and a half', { x509_props: { subject: 'CN=x', validity_months: 1.5 } }],
    ['an unknown usage', { x509_props: { subject: 'CN=x', key_usage: ['fun'] } }],
    ['an EKU that is no OID', { x509_props: { subject: 'CN=x', ekus: ['serverAuth'] } }],
    ['an EKU with more before it', { x509_props: { subject: 'CN=x', ekus: ['x1.2'] } }],
    ['an EKU with more behind it', { x509_props: { subject: 'CN=x', ekus: ['1.2x'] } }],
    ['an EKU out of range', { x509_props: { subject: 'CN=x', ekus: ['3.1'] } }],
    ['names that are no list', { x509_props: { subject: 'CN=x', sans: { dns_names: 'a' } } }],
    ['a name that is no text', { x509_props: { subject: 'CN=x', sans: { dns_names: [7] } } }],
    ['a usage in a list of lists', { x509_props: { subject: 'CN=x', key_usage: [['digitalSignature']] } }],
    ['an empty name', { x509_props: { subject: 'CN=x', sans: { dns_names: [''] } } }],
    ['principal names', { x509_props: { subject: 'CN=x', sans: { upns: ['a@b'] } } }],
    ['actions that are no list', { ...MINIMAL, lifetime_actions: {} }],
  ])('with %s is refused', (_, value) => refused(value))

  test.each([
    ['RSA-HSM', 'Hardware key operation not allowed on standard vault', undefined],
    ['EC-HSM', 'Hardware key operation not allowed on standard vault', undefined],
    ['EC', 'Elliptic curve keys are not supported by the local vault.', 'KeyTypeNotSupported'],
    ['oct', 'Invalid kty value: oct', 'KeyTypeNotSupported'],
    ['rsa', 'Invalid kty value: rsa', 'KeyTypeNotSupported'],
    [2048, 'Invalid kty value: 2048', 'KeyTypeNotSupported'],
  ])('refuses the key type %s', (kty, message, innerCode) => {
    expect(() => readPolicy({ ...MINIMAL, key_props: { kty } })).toThrow(
      expect.objectContaining({ status: 400, code: 'BadParameter', message, innerCode }),
    )
  })
})
