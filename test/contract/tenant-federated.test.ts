import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import {
  accessToken,
  ask,
  askToken,
  assertionFields,
  claimsOf,
  clientAssertion,
} from '../support/tenant-client.ts'

const tenant = withTenant()
const workload = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SUBJECT = 'system:serviceaccount:default:todo'
const CAPITALS = 'repo:Contoso/Todo:ref:refs/heads/main'
const AUDIENCE = 'api://AzureADTokenExchange'
let server: Server
let issuer = ''
let broken = false
/** What the issuer says of itself, where it is to be wrong. */
let metadata: object | undefined
let jwks: object | undefined

/** A workload's own issuer: a real server, with a key that is not the tenant's. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const keys = {
      keys: [{ ...workload.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }],
    }
    const own = { issuer, jwks_uri: `${issuer}/keys` }
    const answers = new Map<string | undefined, object>([
      ['/keys', jwks ?? keys],
      ['/.well-known/openid-configuration', metadata ?? own],
    ])
    const answer = broken ? undefined : answers.get(request.url)
    response.writeHead(answer ? 200 : 500, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  issuer = `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
  const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
  const url = `${tenant().graphUrl}/applications(appId='${tenant().client.appId}')/federatedIdentityCredentials`
  const credential = { name: 'workload', issuer, subject: SUBJECT, audiences: [AUDIENCE] }
  expect((await ask(tenant(), url, { token, body: credential })).status).toBe(201)
  expect((await ask(tenant(), url, { token, body: credential })).status).toBe(409)
  expect((await ask(tenant(), url, { token })).body.value).toMatchObject([credential])
  for (const bad of [{ name: 'x' }, { issuer: 'no' }, { subject: '' }, { audiences: [] }]) {
    expect((await ask(tenant(), url, { token, body: { ...credential, ...bad } })).status).toBe(400)
  }
  expect((await ask(tenant(), `${url}/${randomUUID()}`, { token, method: 'DELETE' })).status).toBe(404)
  for (const more of [
    { name: 'capitals', subject: CAPITALS },
    { name: 'slash', issuer: `${issuer}/` },
  ])
    expect((await ask(tenant(), url, { token, body: { ...credential, ...more } })).status).toBe(201)
})
afterAll(() => {
  server.close()
})

const signIn = async (claims: object = {}, key = workload.privateKey) => {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: issuer, sub: SUBJECT, aud: AUDIENCE, iat: now, exp: now + 600, ...claims }
  const assertion = await new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(key)
  return askToken(tenant(), assertionFields(assertion))
}

describe('a workload’s own token', () => {
  test('stands for the app', async () => {
    const { status, body } = await signIn()
    expect(status).toBe(200)
    expect(claimsOf(body.access_token)).toMatchObject({ azp: tenant().client.appId, azpacr: '2' })
  })

  test.each<[string, number, () => ReturnType<typeof signIn>]>([
    ['of another issuer', 700211, () => signIn({ iss: 'https://other.example' })],
    ['for another subject', 700213, () => signIn({ sub: `${SUBJECT}x` })],
    ['for a subject in other letters', 7002138, () => signIn({ sub: SUBJECT.toUpperCase() })],
    ['for a subject in small letters', 7002138, () => signIn({ sub: CAPITALS.toLowerCase() })],
    ['for another audience', 700212, () => signIn({ aud: 'api://other' })],
    ['that has expired', 700024, () => signIn({ exp: 1_700_000_000 })],
    ['without an end', 50027, () => signIn({ exp: undefined })],
    ['of another key', 50013, () => signIn({}, stranger.privateKey)],
  ])('%s is refused with AADSTS%i', async (_, code, asked) => {
    expect((await asked()).body.error_codes).toEqual([code])
  })

  test('is refused while its issuer can not be asked', async () => {
    broken = true
    expect((await signIn()).body.error_codes).toEqual([50166])
    broken = false
  })

  test.each<[string, () => object]>([
    ['another issuer', () => ({ issuer: 'https://other.example', jwks_uri: `${issuer}/keys` })],
    ['no address of its keys', () => ({ issuer })],
    ['an address of its keys that is none', () => ({ issuer, jwks_uri: 7 })],
    ['plain HTTP elsewhere for its keys', () => ({ issuer, jwks_uri: 'http://keys.example/keys' })],
    ['a file for its keys', () => ({ issuer, jwks_uri: 'file:///etc/passwd' })],
  ])('is refused while its issuer names %s', async (_, wrong) => {
    metadata = wrong()
    expect((await signIn()).body.error_codes).toEqual([50166])
    metadata = undefined
  })

  test.each<[string, object, number]>([
    ['no list of keys', { keys: 'x' }, 50166],
    ['no keys', { keys: [] }, 50013],
    ['a list', [], 50166],
    ['keys that are none', { keys: ['k'] }, 50166],
  ])('is refused while its issuer publishes %s', async (_, wrong, code) => {
    jwks = wrong
    expect((await signIn()).body.error_codes).toEqual([code])
    jwks = undefined
  })

  test.each<[string, object, number]>([
    ['a start in ten minutes', { nbf: Math.floor(Date.now() / 1000) + 600 }, 700024],
    ['an end that is text', { exp: 'later' }, 50027],
    ['no subject', { sub: undefined }, 700213],
    ['a subject that is no text', { sub: 7 }, 700213],
    ['no audience', { aud: undefined }, 700212],
    ['an issuer in other letters', { iss: 'HTTP://LOCALHOST' }, 700211],
  ])('with %s is refused', async (_, claims, code) => {
    expect((await signIn(claims)).body.error_codes).toEqual([code])
  })

  test('may be for several audiences, if ours is one', async () => {
    expect((await signIn({ aud: ['https://x', AUDIENCE] })).status).toBe(200)
  })

  test('says all three dates where it is over, and in which letters its subject is off', async () => {
    const { body } = await signIn({ exp: 1_700_000_000 })
    expect(body.error_description).toMatch(
      /Current time: \S+Z, assertion valid from \S+Z, expiry time of assertion 2023-11-14T/,
    )
    const { body: other } = await signIn({ sub: SUBJECT.toUpperCase() })
    expect(other.error_description).toContain(
      'The subject matches with case-insensitive comparison, but not with',
    )
  })

  test.each(['HS256', 'none'])('that is %s is refused', async (alg) => {
    const now = Math.floor(Date.now() / 1000)
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { iss: issuer, sub: SUBJECT, aud: AUDIENCE, iat: now, exp: now + 600 }
    const assertion = `${encode({ alg, kid: 'k' })}.${encode(claims)}.AAAA`
    expect((await askToken(tenant(), assertionFields(assertion))).body.error_codes).toEqual([50013])
  })

  test('does not stand for an app that did not ask for it', async () => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, sub: SUBJECT, aud: AUDIENCE, exp: now + 600 }
    const assertion = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .sign(workload.privateKey)
    const fields = { client_id: tenant().clientWithoutRole.appId, ...assertionFields(assertion) }
    expect((await askToken(tenant(), fields)).body.error_codes).toEqual([700027])
  })

  test('may be of an issuer whose name ends with a slash', async () => {
    metadata = { issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` }
    expect((await signIn({ iss: `${issuer}/` })).status).toBe(200)
    metadata = undefined
  })

  test('leaves the app’s own secret and certificate in force', async () => {
    expect((await askToken(tenant(), { client_secret: tenant().client.secret })).status).toBe(200)
    expect(await accessToken(tenant())).toMatch(/^ey/)
    const capitals = { claims: { iss: tenant().client.appId.toUpperCase() } }
    const assertion = await clientAssertion(tenant(), capitals)
    expect((await askToken(tenant(), assertionFields(assertion))).status).toBe(200)
  })

  test.each<[string, () => Promise<string>]>([
    ['names the app as its issuer', () => clientAssertion(tenant(), { key: workload.privateKey })],
    [
      'names no issuer',
      () => clientAssertion(tenant(), { key: workload.privateKey, claims: { iss: undefined } }),
    ],
    [
      'has a number for its issuer',
      () => clientAssertion(tenant(), { key: workload.privateKey, claims: { iss: 7 } }),
    ],
  ])('that %s is held against the app’s certificate', async (_, assertion) => {
    const { body } = await askToken(tenant(), assertionFields(await assertion()))
    expect(body.error_codes).toEqual([700027])
  })
})
