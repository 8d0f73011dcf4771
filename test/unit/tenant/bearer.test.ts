/** Access tokens as the vault and Graph check them: every claim and the signature, each alone. */
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../core/forge/x509.ts'
import { checkBearer } from '../../../tenant/bearer.ts'
import { createClock } from '../../../tenant/clock.ts'
import type { TenantRequest } from '../../../tenant/http/exchange.ts'
import { type KeyRing, openKeyRing, putSigningKeys } from '../../../tenant/issuer/keys.ts'
import { openStore, type Store } from '../../../tenant/store.ts'

const TENANT = '11111111-2222-4333-8444-555555555555'
const RESOURCE = 'https://vault.azure.net'
const NOW = new Date('2026-06-01T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const clock = createClock(() => NOW)
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const [active, next, stranger] = [newKey(), newKey(), newKey()]
let store: Store
let keys: KeyRing

beforeAll(() => {
  store = openStore()
  putSigningKeys(store, [active, next], buildCertificate, NOW)
  keys = openKeyRing(store, clock, buildCertificate)
})
afterAll(() => {
  store.close()
})

const GOOD = () => ({
  aud: RESOURCE,
  iss: `https://sts.windows.net/${TENANT}/`,
  tid: TENANT,
  oid: 'object',
  appid: 'app',
  nbf: SECONDS - 300,
  exp: SECONDS + 3600,
})

interface Spec {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly key?: KeyObject
}

async function token({ claims = {}, header = {}, key = active }: Spec = {}): Promise<string> {
  const all = Object.fromEntries(
    Object.entries({ ...GOOD(), ...claims }).filter(([, value]) => value !== undefined),
  )
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: keys.active().kid, ...header }).sign(key)
}

const requestWith = (authorization?: string) => ({ headers: { authorization } }) as unknown as TenantRequest
const check = async (spec: Spec = {}) =>
  checkBearer(requestWith(`Bearer ${await token(spec)}`), [RESOURCE], { keys, clock, tenantId: TENANT })
const refuses = async (reason: string, spec: Spec) =>
  expect(check(spec)).rejects.toMatchObject({ name: 'BearerError', reason })

describe('a token that stands', () => {
  test('says who asks', async () => {
    expect(await check({ claims: { roles: ['A'], scp: 'B C' } })).toEqual({
      ...{ appId: 'app', oid: 'object', issuer: GOOD().iss, roles: ['A'], scopes: ['B', 'C'] },
    })
  })

  test.each([`${RESOURCE}/`, RESOURCE])('may be addressed to %s', async (aud) => {
    expect((await check({ claims: { aud } })).oid).toBe('object')
  })

  test.each(['Bearer', 'bearer', 'BEARER'])('may come as %s', async (scheme) => {
    const asked = requestWith(`${scheme} ${await token()}`)
    const caller = await checkBearer(asked, [RESOURCE], { keys, clock, tenantId: TENANT })
    expect(caller.appId).toBe('app')
  })

  test('may be signed by the key that is published as the next', async () => {
    const kid = keys.published().find((key) => key.kid !== keys.active().kid)?.kid
    expect((await check({ header: { kid }, key: next })).oid).toBe('object')
  })
})

describe('a token is refused', () => {
  test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'abc', 'Bearer a b', 'Negotiate Bearer abc'])(
    'as missing: %j',
    async (authorization) => {
      const asked = checkBearer(requestWith(authorization), [RESOURCE], { keys, clock, tenantId: TENANT })
      await expect(asked).rejects.toMatchObject({ reason: 'missing' })
    },
  )

  test.each(['rubbish', 'a.b', 'a.b.c', '..', 'eyJhbGciOiJub25lIn0.e30.'])(
    'as malformed: %s',
    async (text) => {
      const asked = checkBearer(requestWith(`Bearer ${text}`), [RESOURCE], { keys, clock, tenantId: TENANT })
      await expect(asked).rejects.toMatchObject({ reason: 'malformed' })
    },
  )

  test.each<[string, Spec]>([
    ['another key', { key: stranger }],
    ['the next key under the first one’s name', { key: next }],
    ['a key that nobody published', { header: { kid: 'unknown' } }],
    ['a key without a name', { header: { kid: undefined } }],
  ])('for the signature of %s', (_, spec) => refuses('signature', spec))

  test('signed with HMAC over the public key', async () => {
    const published = keys.published()[0]?.publicKey.export({ type: 'spki', format: 'pem' }).toString() ?? ''
    await refuses('malformed', { header: { alg: 'HS256' }, key: createSecretKey(Buffer.from(published)) })
  })

  test.each(['RS384', 'RS512', 'PS256'])('signed by %s, which Entra never does', (alg) =>
    refuses('malformed', { header: { alg } }),
  )

  test.each<[string, Record<string, unknown>]>([
    ['v2.0', { iss: `https://login.microsoftonline.com/${TENANT}/v2.0` }],
    ['another tenant', { iss: 'https://sts.windows.net/other/' }],
    ['the issuer without its slash', { iss: `https://sts.windows.net/${TENANT}` }],
    ['the issuer and another tenant id', { tid: 'other' }],
    ['the issuer and no tenant id', { tid: undefined }],
  ])('of %s for its issuer', (_, claims) => refuses('issuer', { claims }))

  test.each<[string, unknown]>([
    ['another resource', 'https://graph.microsoft.com'],
    ['a host within the resource', `${RESOURCE}.evil.example`],
    ['a path of the resource', `${RESOURCE}/x`],
    ['two slashes', `${RESOURCE}//`],
    ['a list', [RESOURCE]],
    ['another letter case', RESOURCE.toUpperCase()],
  ])('addressed to %s', (_, aud) => refuses('audience', { claims: { aud } }))

  test('says what it found in place of the audience and of the issuer', async () => {
    await expect(check({ claims: { aud: 'x' } })).rejects.toMatchObject({ found: 'x' })
    await expect(check({ claims: { iss: 'y' } })).rejects.toMatchObject({ found: 'y' })
  })

  test('that is over, to the second', async () => {
    await refuses('expired', { claims: { exp: SECONDS } })
    expect((await check({ claims: { exp: SECONDS + 1 } })).oid).toBe('object')
  })

  test.each<[string, Record<string, unknown>]>([
    ['that has not begun', { nbf: SECONDS + 1 }],
    ['without an end', { exp: undefined }],
    ['without a start', { nbf: undefined }],
    ['without an audience', { aud: undefined }],
    ['without an issuer', { iss: undefined }],
    ['with an end that is text', { exp: 'later' }],
    ['without an object id', { oid: undefined }],
    ['with an object id that is no text', { oid: 7 }],
    ['without an app', { appid: undefined }],
  ])('%s', (_, claims) => refuses('malformed', { claims }))
})

describe('a key that was retired', () => {
  test('counts as long as it is served, and no longer', async () => {
    let now = NOW
    const moving = createClock(() => now)
    const own = openStore()
    putSigningKeys(own, [active, next], buildCertificate, NOW)
    const ring = openKeyRing(own, moving, buildCertificate)
    const old = await token({ claims: { exp: SECONDS + 86_400 }, header: { kid: ring.active().kid } })
    const ask = () =>
      checkBearer(requestWith(`Bearer ${old}`), [RESOURCE], { keys: ring, clock: moving, tenantId: TENANT })
    await ring.rotate()
    expect((await ask()).oid).toBe('object')
    now = new Date(NOW.getTime() + 95 * 60_000)
    expect((await ask()).oid).toBe('object')
    now = new Date(NOW.getTime() + 95 * 60_000 + 1)
    await expect(ask()).rejects.toMatchObject({ reason: 'signature' })
    own.close()
  })
})
