import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createClock } from '../../../../tenant/clock.ts'
import {
  findRefreshToken,
  newRefreshToken,
  type StoredRefreshToken,
} from '../../../../tenant/issuer/refresh-tokens.ts'
import { newApplication } from '../../../../tenant/seed/applications.ts'
import { openStore, type Store } from '../../../../tenant/store.ts'

const START = new Date('2026-06-01T12:00:00Z')
const DAY = 86_400_000
const client = newApplication({ displayName: 'client', createdDateTime: START.toISOString() })
const user = { id: 'alice', displayName: 'Alice', userPrincipalName: 'alice@contoso' }
const scope = {
  ...{ uri: 'api://x', resource: client, scopes: ['Read'], openid: ['offline_access'] },
  isDefault: false,
}
let now = START
let store: Store
const deps = () => ({
  refreshTokens: store.collection<StoredRefreshToken>('refreshToken'),
  clock: createClock(() => now),
})
const issue = () => newRefreshToken({ client, user, scope }, deps())

beforeEach(() => {
  now = START
  store = openStore()
})
afterEach(() => {
  store.close()
})

describe('a refresh token', () => {
  test('is found by itself, and says whose it is and for what', () => {
    expect(findRefreshToken(issue(), deps())).toMatchObject({
      ...{ clientId: client.appId, userId: 'alice', scope: 'offline_access api://x/Read' },
      issuedAt: START.toISOString(),
    })
  })

  test('is kept by its digest: the state does not have it', () => {
    const token = issue()
    const kept = JSON.stringify(deps().refreshTokens.all())
    expect(kept).not.toContain(token)
    expect(kept).not.toContain(token.slice(2))
  })

  test.each<[string, (token: string) => string]>([
    ['cut', (token) => token.slice(0, -1)],
    ['longer', (token) => `${token}A`],
    ['in another letter case', (token) => token.toUpperCase()],
    ['its own digest', () => deps().refreshTokens.all()[0]?.id ?? ''],
    ['empty', () => ''],
  ])('that is %s is not found', (_, change) => {
    expect(findRefreshToken(change(issue()), deps())).toBeUndefined()
  })

  test('is each another', () => {
    expect(new Set([issue(), issue(), issue()]).size).toBe(3)
  })

  test('goes when nobody has been able to use it for as long again as it lived', () => {
    const old = issue()
    now = new Date(START.getTime() + 180 * DAY)
    issue()
    expect(findRefreshToken(old, deps())).toBeDefined()
    now = new Date(START.getTime() + 180 * DAY + 1)
    const fresh = issue()
    expect(findRefreshToken(old, deps())).toBeUndefined()
    expect(findRefreshToken(fresh, deps())).toBeDefined()
  })
})
