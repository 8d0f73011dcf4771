import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthError } from '../../../../api/auth/auth-error.ts'
import { createFetchJson } from '../../../../api/auth/fetch-json.ts'
import { createIssuerKeys, type IssuerKeysOptions } from '../../../../api/auth/issuer-keys.ts'
import { soon } from '../../../support/api.ts'
import { startIssuer, type TestIssuer } from '../../../support/issuer.ts'

let issuer: TestIssuer
/** The clock of the keys under test, in milliseconds. */
let clock: number

beforeEach(async () => {
  issuer = await startIssuer()
  clock = 1_000_000
})
afterEach(() => issuer.close())

const HOUR = 3_600_000

function keysOf(options: Partial<IssuerKeysOptions> = {}) {
  const { authority, tenantId, caPem } = issuer
  const fetchJson = createFetchJson({ caPem, timeoutMs: 2000 })
  return createIssuerKeys({ authority, tenantId, fetchJson, now: () => clock, ...options })
}

async function unavailable(action: () => unknown): Promise<AuthError> {
  const error = await Promise.resolve()
    .then(action)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AuthError)
  expect(error).toMatchObject({ status: 503, code: 'issuer_unavailable', headers: { 'Retry-After': '1' } })
  return error as AuthError
}

test('the keys are fetched once, and then at hand', async () => {
  const keys = keysOf()
  const set = await keys.keysFor(issuer.key.kid)
  expect(set.issuer).toBe(issuer.issuer)
  expect(set.kids).toContain(issuer.key.kid)
  expect(keys.keysFor(issuer.key.kid)).toBe(set)
  expect(issuer.requests).toEqual({ discovery: 1, keys: 1 })
})

test('all who come while the keys are fetched wait for the one fetch', async () => {
  const keys = keysOf()
  const sets = await Promise.all(Array.from({ length: 50 }, () => keys.keysFor(issuer.key.kid)))
  expect(new Set(sets).size).toBe(1)
  expect(issuer.requests.keys).toBe(1)
})

test('a key that was rotated in works at its first use, without waiting', async () => {
  const keys = keysOf()
  await keys.keysFor(issuer.key.kid)
  const rotated = await issuer.newKey()
  issuer.keys = { keys: [issuer.key.jwk, rotated.jwk] }
  clock += 1000
  expect((await keys.keysFor(rotated.kid)).kids).toContain(rotated.kid)
})

test('a flood of unknown kids makes one request for each cool-down, not one for each token', async () => {
  const keys = keysOf()
  await keys.keysFor(issuer.key.kid)
  clock += 1000
  for (let index = 0; index < 200; index += 1) {
    expect((await keys.keysFor(`made-up-${index}`)).kids.has(`made-up-${index}`)).toBe(false)
  }
  expect(issuer.requests.keys).toBe(2)
  clock += 1000
  await Promise.all(Array.from({ length: 200 }, (_, index) => keys.keysFor(`other-${index}`)))
  expect(issuer.requests.keys).toBe(3)
})

test('during a flood a rotated key works as soon as the cool-down has passed', async () => {
  const keys = keysOf()
  await keys.keysFor('made-up')
  const rotated = await issuer.newKey()
  issuer.keys = { keys: [rotated.jwk] }
  expect((await keys.keysFor(rotated.kid)).kids.has(rotated.kid)).toBe(false)
  clock += 1000
  expect((await keys.keysFor(rotated.kid)).kids.has(rotated.kid)).toBe(true)
})

test('keys that are no longer fresh are fetched again in the background', async () => {
  const over = createFetchJson({ caPem: issuer.caPem })
  let asked = 0
  const keys = keysOf({
    fetchJson: (url) => {
      asked += 1
      return over(url)
    },
  })
  const set = await keys.keysFor(issuer.key.kid)
  const rotated = await issuer.newKey()
  issuer.keys = { keys: [rotated.jwk, issuer.key.jwk] }
  clock += 599_999
  expect(keys.keysFor(issuer.key.kid)).toBe(set)
  expect(asked).toBe(2)
  clock += 1
  expect(keys.keysFor(issuer.key.kid)).toBe(set)
  await expect.poll(() => keys.current()?.kids, soon).toContain(rotated.kid)
  expect(issuer.requests).toEqual({ discovery: 2, keys: 2 })
})

test.each([
  ['name', (at: TestIssuer) => ({ issuer: `${at.issuer}/other` })],
  ['address of its keys', (at: TestIssuer) => ({ jwks_uri: `${at.authority}/elsewhere/keys` })],
])('another %s of the issuer is another set, with the same keys', async (_what, change) => {
  const keys = keysOf()
  const set = await keys.keysFor(issuer.key.kid)
  issuer.discovery = { ...issuer.discovery, ...change(issuer) }
  clock += HOUR
  await keys.refresh()
  expect(keys.current()).not.toBe(set)
  expect(keys.current()?.keys).toEqual(set.keys)
})

test('a fetch that brings the same keys keeps the same set', async () => {
  const keys = keysOf()
  const set = await keys.keysFor(issuer.key.kid)
  clock += HOUR
  await keys.refresh()
  expect(keys.current()).toBe(set)
})

test('a key that was withdrawn is gone after the next fetch', async () => {
  const keys = keysOf()
  await keys.keysFor(issuer.key.kid)
  issuer.keys = { keys: [(await issuer.newKey()).jwk] }
  clock += HOUR
  await keys.refresh()
  expect((await keys.keysFor(issuer.key.kid)).kids).not.toContain(issuer.key.kid)
})

describe('while the issuer is down', () => {
  test('known keys keep working for the configured time, then 503', async () => {
    const keys = keysOf({ keepForMs: HOUR })
    const set = await keys.keysFor(issuer.key.kid)
    issuer.mode = 'down'
    clock += HOUR - 1
    expect(keys.keysFor(issuer.key.kid)).toBe(set)
    await keys.refresh()
    clock += 1
    expect(keys.current()).toBeUndefined()
    await unavailable(() => keys.keysFor(issuer.key.kid))
  })

  test('a kid that is not known is 503, since nobody can say whether it is good', async () => {
    const keys = keysOf()
    await keys.keysFor(issuer.key.kid)
    issuer.mode = 'down'
    clock += 1000
    await unavailable(() => keys.keysFor('rotated-in'))
  })

  test('a kid that is not known is refused again, not 503, once the issuer has answered', async () => {
    const keys = keysOf()
    await keys.keysFor(issuer.key.kid)
    issuer.mode = 'down'
    clock += 1000
    await unavailable(() => keys.keysFor('made-up'))
    issuer.mode = 'up'
    clock += 1000
    expect((await keys.keysFor('made-up')).kids.has('made-up')).toBe(false)
    // Within the cool-down nobody is asked, and the last answer counts.
    expect((await keys.keysFor('made-up-2')).kids.has('made-up-2')).toBe(false)
  })

  test('those who ask do not make a request each', async () => {
    issuer.mode = 'down'
    const keys = keysOf()
    for (let index = 0; index < 20; index += 1) await unavailable(() => keys.keysFor('any'))
    expect(issuer.requests.discovery).toBe(1)
  })

  test('it works again by itself once the issuer is back', async () => {
    issuer.mode = 'down'
    const keys = keysOf()
    await unavailable(() => keys.keysFor(issuer.key.kid))
    issuer.mode = 'up'
    clock += 1000
    expect((await keys.keysFor(issuer.key.kid)).kids).toContain(issuer.key.kid)
  })
})

describe('an issuer that answers badly is one that is down:', () => {
  test.each(['error', 'redirect', 'html', 'huge', 'hang'] as const)('%s', async (mode) => {
    issuer.mode = mode
    const keys = keysOf({ fetchJson: createFetchJson({ caPem: issuer.caPem, timeoutMs: 300 }) })
    const error = await unavailable(() => keys.keysFor('any'))
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('one whose certificate is not trusted', async () => {
    await unavailable(() => keysOf({ fetchJson: createFetchJson({}) }).keysFor('any'))
    expect(issuer.requests.discovery).toBe(0)
  })

  test.each([
    ['an empty document', {}],
    ['an issuer on another host', { issuer: 'https://evil.example/t/v2.0' }],
    ['an issuer without TLS', { issuer: 'http://example.com/t/v2.0' }],
    ['keys on another host', { jwks_uri: 'https://evil.example/keys' }],
    ['keys without TLS', { jwks_uri: 'http://example.com/keys' }],
    ['no keys', { jwks_uri: undefined }],
  ])('discovery with %s', async (what, change) => {
    issuer.discovery = what === 'an empty document' ? {} : { ...issuer.discovery, ...change }
    await unavailable(() => keysOf().keysFor('any'))
    expect(issuer.requests.keys).toBe(0)
  })

  test('discovery of another tenant', async () => {
    issuer.discovery = { ...issuer.discovery, issuer: issuer.issuer.replace(issuer.tenantId, 'common') }
    await unavailable(() => keysOf().keysFor('any'))
  })

  test.each([[null], [[]], [{ keys: {} }], [{ keys: [] }], [{ keys: [null, 7, {}] }]])(
    'the key set %j',
    async (set) => {
      issuer.keys = set
      await unavailable(() => keysOf().keysFor('any'))
    },
  )

  test('a bad key set never replaces good keys', async () => {
    const keys = keysOf()
    const set = await keys.keysFor(issuer.key.kid)
    issuer.keys = { keys: [] }
    clock += HOUR
    await keys.refresh()
    expect(keys.current()).toBe(set)
  })
})
