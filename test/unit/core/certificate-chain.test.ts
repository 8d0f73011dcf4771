import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  chainOf,
  distinct,
  fits,
  isIssuedBy,
  isSelfIssued,
  leavesOf,
} from '../../../core/certificate-chain.ts'
import {
  certificateFor,
  derOf,
  ecKeys,
  type KeyPair,
  rsaKeys,
  withUnknownKey,
} from '../../support/certificates.ts'

let keys: Record<'leaf' | 'ca' | 'root', KeyPair>
let root: X509Certificate
let ca: X509Certificate
let leaf: X509Certificate
let own: X509Certificate

beforeAll(async () => {
  const [one, two, three] = await Promise.all([rsaKeys(), rsaKeys(), rsaKeys()])
  keys = { leaf: one, ca: two, root: three }
  root = made(keys.root, { cn: 'root', ca: true })
  ca = made(keys.ca, { cn: 'ca', ca: true, issuer: { keys: keys.root, pem: root.toString() } })
  leaf = made(keys.leaf, { cn: 'leaf', issuer: { keys: keys.ca, pem: ca.toString() } })
  own = made(keys.leaf, { cn: 'own' })
})

const made = (...of: Parameters<typeof certificateFor>) => new X509Certificate(certificateFor(...of))
const names = (chain: readonly X509Certificate[]) => chain.map(({ subject }) => subject.slice(3))

describe('chainOf', () => {
  it('goes up from the leaf to the root, whatever the order', () => {
    for (const others of [
      [ca, root],
      [root, ca],
      [root, own, leaf, ca],
    ])
      expect(names(chainOf(leaf, others))).toEqual(['leaf', 'ca', 'root'])
  })

  it('ends at a certificate that names itself', () => {
    expect(names(chainOf(own, [root, ca, leaf]))).toEqual(['own'])
    expect(names(chainOf(root, [ca, leaf]))).toEqual(['root'])
  })

  it('ends where the next issuer is not there', () => {
    expect(names(chainOf(leaf, [root]))).toEqual(['leaf'])
    expect(names(chainOf(leaf, [ca]))).toEqual(['leaf', 'ca'])
  })

  it('takes the issuer whose key signed, not the one that has its name only', () => {
    const impostor = made(keys.leaf, { cn: 'ca', ca: true })
    expect(chainOf(leaf, [impostor, ca])[1]).toBe(ca)
  })

  it('has ten certificates at most', () => {
    let issuer = { keys: keys.ca, pem: certificateFor(keys.ca, { cn: 'c0', ca: true }) }
    const long = Array.from({ length: 14 }, (_, index) => {
      issuer = { keys: keys.ca, pem: certificateFor(keys.ca, { cn: `c${index + 1}`, ca: true, issuer }) }
      return new X509Certificate(issuer.pem)
    })
    const [last] = long.slice(-1)
    if (last === undefined) throw new TypeError('unreachable')
    expect(chainOf(last, long)).toHaveLength(10)
  })
})

describe('leavesOf', () => {
  it('finds the one that issued none of the others', () => {
    expect(names(leavesOf([root, leaf, ca]))).toEqual(['leaf'])
    expect(names(leavesOf([root, ca]))).toEqual(['ca'])
    expect(names(leavesOf([root]))).toEqual(['root'])
  })

  it('finds several where several are ends', () => {
    expect(names(leavesOf([own, leaf, ca, root]))).toEqual(['own', 'leaf'])
  })

  it('takes two certificates of one name, each its own issuer, for two ends', () => {
    expect(leavesOf([own, made(keys.leaf, { cn: 'own', until: 9 })])).toHaveLength(2)
  })

  it('finds none among none', () => expect(leavesOf([])).toEqual([]))
})

describe('isIssuedBy', () => {
  it('needs the name and the signature', () => {
    expect(isIssuedBy(leaf, ca)).toBe(true)
    expect(isIssuedBy(root, root)).toBe(true)
    expect(isIssuedBy(leaf, root)).toBe(false)
    expect(isIssuedBy(ca, leaf)).toBe(false)
    expect(isIssuedBy(leaf, made(keys.leaf, { cn: 'ca', ca: true }))).toBe(false)
    expect(isIssuedBy(leaf, made(keys.ca, { cn: 'other', ca: true }))).toBe(false)
  })

  it('is false for an issuer whose key is of a kind that OpenSSL does not know', () => {
    expect(isIssuedBy(leaf, withUnknownKey(ca))).toBe(false)
  })

  it('is false for a certificate that was changed after it was signed', () => {
    const der = Buffer.from(derOf(leaf.toString()))
    der[der.length - 3] = (der[der.length - 3] ?? 0) ^ 1
    expect(isIssuedBy(new X509Certificate(der), ca)).toBe(false)
  })
})

it('isSelfIssued goes by the names', () => {
  expect([root, own, ca, leaf].map(isSelfIssued)).toEqual([true, true, false, false])
})

describe('fits', () => {
  it('is true for the own private key alone', async () => {
    expect(fits(leaf, keys.leaf.privateKey)).toBe(true)
    expect(fits(leaf, keys.ca.privateKey)).toBe(false)
    expect(fits(leaf, (await ecKeys()).privateKey)).toBe(false)
  })

  it('is false where the key of the certificate is of a kind that OpenSSL does not know', () => {
    expect(fits(withUnknownKey(leaf), keys.leaf.privateKey)).toBe(false)
  })
})

it('distinct keeps the first of each, in their order', () => {
  const again = new X509Certificate(leaf.raw)
  expect(distinct([leaf, ca, again, leaf, root])).toEqual([leaf, ca, root])
})
