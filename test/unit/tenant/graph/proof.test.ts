/** The proof of possession for addKey and removeKey: each of its parts alone (entra.md 2.7). */
import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { buildCertificate } from '../../../../core/forge/x509.ts'
import { createClock } from '../../../../tenant/clock.ts'
import { keyCredential } from '../../../../tenant/credentials.ts'
import { assertProof } from '../../../../tenant/graph/proof.ts'
import { newApplication } from '../../../../tenant/seed/applications.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const DAY = 86_400_000
const AUDIENCE = '00000002-0000-0000-c000-000000000000'

function identity(from = -1, until = 30) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = buildCertificate({
    subject: [{ type: 'CN', value: 'proof' }],
    publicKey: createPublicKey(privateKey),
    signer: { privateKey },
    notBefore: new Date(NOW.getTime() + from * DAY),
    notAfter: new Date(NOW.getTime() + until * DAY),
    keyUsage: ['digitalSignature'],
  })
  return { privateKey, credential: keyCredential(pem) }
}

const [first, second, stranger] = [identity(), identity(), identity()]
const application = newApplication({
  displayName: 'rolled',
  createdDateTime: NOW.toISOString(),
  keyCredentials: [first.credential, second.credential],
})

function proof(claims: Record<string, unknown> = {}, key: KeyObject = first.privateKey, alg = 'RS256') {
  const all = { aud: AUDIENCE, iss: application.id, nbf: SECONDS, exp: SECONDS + 600, ...claims }
  const set = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(set).setProtectedHeader({ alg }).sign(key)
}
const check = async (text: unknown, app = application) =>
  assertProof(
    text,
    app,
    createClock(() => NOW),
  )
const refused = (text: unknown, app = application) =>
  expect(check(text, app)).rejects.toMatchObject({
    status: 401,
    code: 'Authentication_MissingOrMalformed',
    message: 'Access Token missing or malformed.',
  })

describe('a proof', () => {
  test.each(['first', 'second'])('may be signed by the %s key', async (which) => {
    await check(await proof({}, which === 'first' ? first.privateKey : second.privateKey))
  })

  test('may be PS256', async () => check(await proof({}, first.privateKey, 'PS256')))

  test.each<[string, Record<string, unknown>]>([
    ['ten minutes', {}],
    ['a start a minute ahead', { nbf: SECONDS + 60, exp: SECONDS + 300 }],
    ['an end less than a minute ago', { nbf: SECONDS - 300, exp: SECONDS - 59 }],
  ])('may have %s', async (_, claims) => check(await proof(claims)))

  test.each<[string, Record<string, unknown>]>([
    ['eleven minutes', { exp: SECONDS + 660 }],
    ['a second more than ten minutes', { exp: SECONDS + 601 }],
    ['a start in two minutes', { nbf: SECONDS + 120, exp: SECONDS + 300 }],
    ['an end two minutes ago', { nbf: SECONDS - 600, exp: SECONDS - 120 }],
    ['no start', { nbf: undefined }],
    ['no end', { exp: undefined }],
    ['no audience', { aud: undefined }],
    ['Graph as its audience', { aud: 'https://graph.microsoft.com' }],
    ['no issuer', { iss: undefined }],
    ['the client id as its issuer', { iss: application.appId }],
  ])('may not have %s', async (_, claims) => refused(await proof(claims)))

  test('of a stranger does not do', async () => refused(await proof({}, stranger.privateKey)))

  test.each(['RS384', 'PS512'])('may not be %s', async (alg) =>
    refused(await proof({}, first.privateKey, alg)),
  )

  test('by HMAC over the certificate does not do', async () => {
    const key = createSecretKey(Buffer.from(first.credential.key))
    await refused(await proof({}, key, 'HS256'))
  })

  test.each([undefined, null, '', 'rubbish', 7, {}, 'a.b.c'])('is none: %j', (text) => refused(text))

  test.each([
    ['is over', -30, -1],
    ['has not begun', 1, 30],
  ])('of a key that %s does not do', async (_, from, until) => {
    const dated = identity(from, until)
    const app = { ...application, keyCredentials: [dated.credential] }
    await refused(await proof({}, dated.privateKey), app)
  })

  test('is impossible without any key', async () =>
    refused(await proof(), { ...application, keyCredentials: [] }))

  test('of a key that was registered for less than its certificate’s life ends with that', async () => {
    const endDateTime = new Date(NOW.getTime() - 1000).toISOString()
    const app = { ...application, keyCredentials: [{ ...first.credential, endDateTime }] }
    await refused(await proof(), app)
  })

  test.each<[what: string, from: number, until: number, isGood: boolean]>([
    ['began in this very moment does', 0, 60_000, true],
    ['begins in a moment does not do', 1, 60_000, false],
    ['ends in a moment does', -60_000, 1, true],
    ['ended in this very moment does not do', -60_000, 0, false],
  ])('of a key that %s', async (_, from, until, isGood) => {
    const [startDateTime, endDateTime] = [from, until].map((ms) => new Date(NOW.getTime() + ms).toISOString())
    const credential = {
      ...first.credential,
      startDateTime: String(startDateTime),
      endDateTime: String(endDateTime),
    }
    const app = { ...application, keyCredentials: [credential] }
    if (isGood) await check(await proof(), app)
    else await refused(await proof(), app)
  })
})
