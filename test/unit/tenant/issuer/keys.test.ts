import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { createClock } from '../../../../tenant/clock.ts'
import {
  openExternalKeys,
  openKeyRing,
  putSigningKeys,
  signingKeyFor,
} from '../../../../tenant/issuer/keys.ts'
import { openStore, type Store } from '../../../../tenant/store.ts'

const START = new Date('2026-06-01T12:00:00Z')
const SERVED = 95 * 60_000
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
let now = START
let store: Store
const clock = createClock(() => now)
const stored = () => store.collection<{ id: string; state: string }>('signingKey').all()

beforeEach(() => {
  now = START
  store = openStore()
})
afterEach(() => {
  store.close()
})

function ring() {
  putSigningKeys(store, [newKey(), newKey()], buildCertificate, now)
  return openKeyRing(store, clock, buildCertificate)
}

describe('a key ring', () => {
  test('publishes the key that signs and the next one', () => {
    const keys = ring()
    expect(keys.published().map(({ kid }) => kid)).toContain(keys.active().kid)
    expect(stored().map(({ state }) => state)).toEqual(['active', 'next'])
  })

  test('signs with the next key after a rotation, and keeps the retired one while its tokens live', async () => {
    const keys = ring()
    const [old, next] = keys.published().map(({ kid }) => kid)
    await keys.rotate()
    expect(keys.active().kid).toBe(next)
    expect(keys.published().map(({ kid }) => kid)).toContain(old)
    now = new Date(START.getTime() + SERVED)
    expect(keys.published().map(({ kid }) => kid)).toContain(old)
    now = new Date(START.getTime() + SERVED + 1)
    expect(keys.published().map(({ kid }) => kid)).not.toContain(old)
  })

  test('forgets a key that is over at the next rotation, and none that is not', async () => {
    const keys = ring()
    const { kid } = keys.active()
    await keys.rotate()
    await keys.rotate()
    expect(stored().map(({ id }) => id)).toContain(kid)
    now = new Date(START.getTime() + SERVED + 1)
    await keys.rotate()
    expect(stored().map(({ id }) => id)).not.toContain(kid)
    expect(
      stored()
        .map(({ state }) => state)
        .toSorted(),
    ).toEqual(['active', 'next', 'retired'])
  })

  test('turns once where it is told to twice at the same time', async () => {
    const keys = ring()
    const next = keys.published()[1]?.kid
    await Promise.all([keys.rotate(), keys.rotate()])
    expect(keys.active().kid).toBe(next)
    expect(stored()).toHaveLength(3)
  })

  test('without any key is a defect, not a token', () => {
    expect(() => openKeyRing(store, clock, buildCertificate).active()).toThrow('no active key')
  })
})

describe('the keys of External ID', () => {
  const both = () => ({ keys: ring(), externalKeys: openExternalKeys(store, clock, buildCertificate) })

  test('are not made until somebody asks', async () => {
    const { externalKeys } = both()
    expect(externalKeys.made()).toBeUndefined()
    expect((await externalKeys.ring()).published()).toHaveLength(2)
    expect(externalKeys.made()).toBeDefined()
  })

  test.each([
    ['2.0', true, true],
    ['2.0', false, false],
    ['1.0', true, false],
    ['1.0', false, false],
  ] as const)('sign tokens of v%s, asked for there: %s, is %s', async (version, external, isTheirs) => {
    const rings = both()
    const { kid } = await signingKeyFor(version, { external }, rings)
    expect(kid === rings.keys.active().kid).toBe(!isTheirs)
    expect(rings.externalKeys.made()?.active().kid).toBe(isTheirs ? kid : undefined)
  })
})
