import { constants, createHash, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { digestSigner, SIGNING_ALGORITHMS } from '../../../../tenant/vault/rsa-digest.ts'

const PAIRS = [2048, 3072].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }))
const data = Buffer.from('what is signed')
const hashOf = (alg: string) => `sha${alg.slice(2)}`
const digestOf = (alg: string, of: string | Buffer = data) => createHash(hashOf(alg)).update(of).digest()
const signed = (alg: string, key: KeyObject, digest = digestOf(alg)) => {
  const signer = digestSigner(alg)
  if (signer === undefined) throw new Error(`${alg} is not there`)
  return signer.sign(key, digest)
}

const verifies = (alg: string, key: KeyObject, padding: object, signature: Buffer) =>
  verify(hashOf(alg), data, { key, ...padding }, signature)
const PKCS1 = { padding: constants.RSA_PKCS1_PADDING }
const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

describe.each(PAIRS)('over a digest (%#)', ({ privateKey, publicKey }) => {
  test.each(['RS256', 'RS384', 'RS512'])(
    '%s is the signature that node:crypto verifies over the data',
    (alg) => {
      const signature = signed(alg, privateKey)
      expect(verifies(alg, publicKey, PKCS1, signature)).toBe(true)
      expect(verifies(alg, publicKey, pss(constants.RSA_PSS_SALTLEN_AUTO), signature)).toBe(false)
    },
  )

  test.each([
    ['PS256', 32],
    ['PS384', 48],
    ['PS512', 64],
  ])('%s has a salt of %i bytes, and no other', (alg, salt) => {
    const signature = signed(alg, privateKey)
    expect(verifies(alg, publicKey, pss(salt), signature)).toBe(true)
    expect(verifies(alg, publicKey, pss(salt - 1), signature)).toBe(false)
    expect(verifies(alg, publicKey, PKCS1, signature)).toBe(false)
  })

  test.each(['256', '384', '512'])('PS%s is another each time, RS%s the same', (bits) => {
    const twice = (alg: string) => signed(alg, privateKey).equals(signed(alg, privateKey))
    expect({ pss: twice(`PS${bits}`), pkcs1: twice(`RS${bits}`) }).toEqual({ pss: false, pkcs1: true })
  })

  test.each(SIGNING_ALGORITHMS)('%s does not verify for another digest', (alg) => {
    const signature = signed(alg, privateKey, digestOf(alg, 'other'))
    const padding = alg.startsWith('R') ? PKCS1 : pss(constants.RSA_PSS_SALTLEN_AUTO)
    expect(verifies(alg, publicKey, padding, signature)).toBe(false)
  })
})

test.each(['HS256', 'ES256', 'rs256', '', 'constructor', '__proto__', 256, null, undefined])(
  '%j is no algorithm of a vault’s RSA key',
  (alg) => {
    expect(digestSigner(alg)).toBeUndefined()
  },
)
