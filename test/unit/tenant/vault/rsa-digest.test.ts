import { constants, createHash, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signDigestPs256, signDigestRs256 } from '../../../../tenant/vault/rsa-digest.ts'

const PAIRS = [2048, 3072].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }))
const data = Buffer.from('what is signed')
const digest = createHash('sha256').update(data).digest()

const verifies = (key: KeyObject, padding: object, signature: Buffer) =>
  verify('sha256', data, { key, ...padding }, signature)
const PKCS1 = { padding: constants.RSA_PKCS1_PADDING }
const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

describe.each(PAIRS)('over a digest (%#)', ({ privateKey, publicKey }) => {
  test('RS256 is the signature that node:crypto verifies over the data', () => {
    const signature = signDigestRs256(privateKey, digest)
    expect(verifies(publicKey, PKCS1, signature)).toBe(true)
    expect(verifies(publicKey, pss(32), signature)).toBe(false)
  })

  test('PS256 has a salt of 32 bytes, and no other', () => {
    const signature = signDigestPs256(privateKey, digest)
    expect(verifies(publicKey, pss(32), signature)).toBe(true)
    expect(verifies(publicKey, pss(20), signature)).toBe(false)
    expect(verifies(publicKey, PKCS1, signature)).toBe(false)
  })

  test('PS256 is another each time, RS256 the same', () => {
    expect(signDigestPs256(privateKey, digest).equals(signDigestPs256(privateKey, digest))).toBe(false)
    expect(signDigestRs256(privateKey, digest).equals(signDigestRs256(privateKey, digest))).toBe(true)
  })

  test('neither verifies for another digest', () => {
    const other = createHash('sha256').update('other').digest()
    expect(verifies(publicKey, PKCS1, signDigestRs256(privateKey, other))).toBe(false)
    expect(verifies(publicKey, pss(32), signDigestPs256(privateKey, other))).toBe(false)
  })
})
