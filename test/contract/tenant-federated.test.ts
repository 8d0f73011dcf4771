import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask, askToken, assertionFields, claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()
const workload = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SUBJECT = 'system:serviceaccount:default:todo'
const AUDIENCE = 'api://AzureADTokenExchange'
let server: Server
let issuer = ''
let broken = false

/** A workload's own issuer: a real server, with a key that is not the tenant's. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const jwks = {
      keys: [{ ...workload.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }],
    }
    const metadata = { issuer, jwks_uri: `${issuer}/keys` }
    response.writeHead(broken ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(request.url === '/keys' ? jwks : metadata))
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
})
