import { generateKeyPairSync } from 'node:crypto'
import { compactVerify, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { encodePart, signCompact, verifiesCompact, verifyKeys } from '../../../../tenant/issuer/jws.ts'

const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const byJose = (alg: string) => new SignJWT({ a: 'ä' }).setProtectedHeader({ alg }).sign(own.privateKey)

describe('a signature', () => {
  test('of ours is one that jose verifies', async () => {
    const jws = signCompact(encodePart({ alg: 'RS256', typ: 'JWT' }), { a: 'ä' }, own.privateKey)
    const { payload } = await compactVerify(jws, own.publicKey, { algorithms: ['RS256'] })
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ a: 'ä' })
  })

  test.each(['RS256', 'PS256'] as const)('%s of jose’s verifies', async (alg) => {
    expect(verifiesCompact(await byJose(alg), verifyKeys(own.publicKey)[alg])).toBe(true)
  })

  test.each<[string, (jws: string) => string]>([
    ['changed claims', (jws) => jws.replace(/\.(.)/, (_, first: string) => `.${first === 'e' ? 'f' : 'e'}`)],
    ['a changed header', (jws) => `f${jws.slice(1)}`],
    ['no signature', (jws) => jws.slice(0, jws.lastIndexOf('.') + 1)],
    ['a signature cut short', (jws) => jws.slice(0, -8)],
    ['a signature made longer', (jws) => `${jws}AAAA`],
    ['a changed signature', (jws) => jws.slice(0, -20) + 'A'.repeat(20)],
  ])('does not verify with %s', async (_, change) => {
    for (const alg of ['RS256', 'PS256'] as const) {
      expect(verifiesCompact(change(await byJose(alg)), verifyKeys(own.publicKey)[alg])).toBe(false)
    }
  })

  test('does not verify with another key', async () => {
    expect(verifiesCompact(await byJose('RS256'), verifyKeys(other.publicKey).RS256)).toBe(false)
  })

  test('does not verify with the other algorithm', async () => {
    expect(verifiesCompact(await byJose('RS256'), verifyKeys(own.publicKey).PS256)).toBe(false)
    expect(verifiesCompact(await byJose('PS256'), verifyKeys(own.publicKey).RS256)).toBe(false)
  })
})
