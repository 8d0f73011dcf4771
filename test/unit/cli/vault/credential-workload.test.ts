import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { appError } from '../../../support/app-error.ts'
import { accessToken, ask, claimsOf } from '../../../support/tenant-client.ts'
import { settingsFor, withVault } from '../../../support/vault.ts'

const vault = withVault()
const workload = generateKeyPairSync('rsa', { modulusLength: 2048 })
const SUBJECT = 'system:serviceaccount:default:todo'
const AUDIENCE = 'api://AzureADTokenExchange'
let issuer = ''
const server = createServer((request, response) => {
  const keys = [{ ...workload.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }]
  const answer = request.url === '/keys' ? { keys } : { issuer, jwks_uri: `${issuer}/keys` }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})

/** A cluster's issuer, which the app trusts for one service account. */
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const { tenant } = vault()
  const token = await accessToken(tenant, 'https://graph.microsoft.com/.default', 'operator')
  const url = `${tenant.graphUrl}/applications(appId='${tenant.client.appId}')/federatedIdentityCredentials`
  const body = { name: 'workload', issuer, subject: SUBJECT, audiences: [AUDIENCE] }
  expect((await ask(tenant, url, { token, body })).status).toBe(201)
})
afterAll(() => server.close())

const open = async (claims: object = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: issuer, sub: SUBJECT, aud: AUDIENCE, iat: now, exp: now + 600, ...claims }
  const file = join(vault().folder, 'workload-token')
  writeFileSync(
    file,
    await new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(workload.privateKey),
  )
  const flags = vault().flags({
    vaultAuth: 'workload',
    vaultClientId: vault().tenant.client.appId,
    vaultFederatedTokenFile: file,
  })
  const deps = { ...vault().deps(), timeoutMs: 10_000 }
  const credential = await vaultCredential(settingsFor(VAULT_SETTINGS, { flags, env: {} }), deps)
  return (await credential.getToken('https://vault.azure.net/.default'))?.token ?? ''
}

describe("--vault-auth workload, with a workload's own token", () => {
  it('opens the vault', async () => {
    expect(claimsOf(await open())).toMatchObject({ appid: vault().tenant.client.appId })
  })

  it.each<[string, object, string]>([
    ['another subject', { sub: 'someone' }, 'AADSTS700213'],
    ['another audience', { aud: 'api://other' }, 'AADSTS700212'],
    ['an end that has passed', { exp: 1_700_000_000 }, 'AADSTS700024'],
  ])('with %s tells what the issuer says', async (_, claims, code) => {
    const { serviceCode, message } = await appError('vault-signed-out', () => open(claims))
    expect(serviceCode).toBe(code)
    expect(message).not.toContain('eyJ')
  })
})
