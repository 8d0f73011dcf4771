import { exportJWK, type JWK } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { readSigningKeys } from '../../../../api/auth/signing-keys.ts'
import { ecKeys, rsaKeys } from '../../../support/certificates.ts'

let rsa: JWK
let other: JWK
let small: JWK
let ec: JWK

beforeAll(async () => {
  const make = async (keys: ReturnType<typeof rsaKeys>) => ({
    ...(await exportJWK((await keys).publicKey)),
    kid: 'k',
  })
  ;[rsa, other, small, ec] = await Promise.all([
    make(rsaKeys()),
    make(rsaKeys()),
    make(rsaKeys(1024)),
    make(ecKeys()),
  ])
})

/** Its highest bit moves one down. */
function oneBitShorter(n: string): string {
  const modulus = Buffer.from(n, 'base64url')
  modulus[0] = 0x40
  return modulus.toString('base64url')
}

const good = () => ({ ...other, kid: 'good' })
const kidsOf = (...keys: unknown[]) => readSigningKeys({ keys: [...keys, good()] }).map(({ kid }) => kid)

test('a key as Entra publishes it is cut down to what verifies: no alg, x5c and what else may be there', () => {
  const key = {
    ...rsa,
    use: 'sig',
    alg: 'RS256',
    x5t: 'k',
    x5c: ['MII'],
    cloud_instance_name: 'x',
    issuer: 'y',
  }
  expect(readSigningKeys({ keys: [key] })).toEqual([{ kty: 'RSA', use: 'sig', kid: 'k', n: rsa.n, e: rsa.e }])
})

test('the same key twice is one key', () => {
  expect(kidsOf(rsa, rsa)).toEqual(['k', 'good'])
})

test('one kid for two keys is good for neither, and for no third', () => {
  expect(kidsOf(rsa, { ...other, kid: 'k' }, rsa)).toEqual(['good'])
  expect(kidsOf(rsa, { ...rsa, e: 'Aw' })).toEqual(['good'])
})

test.each([
  ['an EC key', () => ec],
  ['a key of 1024 bits', () => small],
  ['a key of 2047 bits', () => ({ ...rsa, n: oneBitShorter(rsa.n as string) })],
  ['a key for encryption', () => ({ ...rsa, use: 'enc' })],
  ['a key for another algorithm', () => ({ ...rsa, alg: 'PS256' })],
  ['a secret key', () => ({ kty: 'oct', kid: 'k', k: 'c2VjcmV0' })],
  ['a key without kid', () => ({ ...rsa, kid: undefined })],
  ['a key with an empty kid', () => ({ ...rsa, kid: '' })],
  ['a key without modulus', () => ({ ...rsa, n: undefined })],
  ['a key with a list for an exponent', () => ({ ...rsa, e: ['AQAB'] })],
  ['a key with garbage for a modulus', () => ({ ...rsa, n: '!' })],
  ['a key with an empty exponent', () => ({ ...rsa, e: '' })],
  ['a key with the exponent 1', () => ({ ...rsa, e: 'AQ' })],
  ['a key with an even exponent', () => ({ ...rsa, e: 'AQAA' })],
  ['null', () => null],
])('%s is skipped', (_what, key) => {
  expect(kidsOf(key())).toEqual(['good'])
})

test.each([
  [null, 'the key set has no list of keys'],
  ['x', 'the key set has no list of keys'],
  [{}, 'the key set has no list of keys'],
  [{ keys: 'x' }, 'the key set has no list of keys'],
  [{ keys: [] }, 'the key set has no key for RS256'],
  [{ keys: [null] }, 'the key set has no key for RS256'],
])('the key set %j is refused, with the reason', (document, reason) => {
  expect(() => readSigningKeys(document)).toThrow(reason)
})
