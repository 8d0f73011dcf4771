import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import {
  ClientSecretCredential,
  DefaultAzureCredential,
  DeviceCodeCredential,
  EnvironmentCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity'
import { SignJWT } from 'jose'
import {
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrant,
  discovery,
  initiateDeviceAuthorization,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  pollDeviceAuthorizationGrant,
} from 'openid-client'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import { visit } from '../support/device-page.ts'
import { withTenant } from '../support/tenant.ts'
import { accessToken, ask, certificateOf, claimsOf } from '../support/tenant-client.ts'

const tenant = withTenant()
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clients-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('openid-client', () => {
  const defaults = tls.getCACertificates('default')
  beforeAll(() => tls.setDefaultCACertificates([...defaults, tenant().caPem]))
  afterAll(() => tls.setDefaultCACertificates(defaults))

  const config = (auth: Parameters<typeof discovery>[3], clientId = tenant().client.appId) =>
    discovery(new URL(tenant().issuer), clientId, undefined, auth)
  const grant = async (auth: Parameters<typeof discovery>[3]) =>
    clientCredentialsGrant(await config(auth), { scope: tenant().api.scope })

  test.each([
    ['client_secret_post', ClientSecretPost],
    ['client_secret_basic', ClientSecretBasic],
  ])('gets a token by %s', async (_, method) => {
    const { access_token } = await grant(method(tenant().client.secret))
    expect(claimsOf(access_token)).toMatchObject({ azpacr: '1' })
  })

  test('gets a token by private_key_jwt', async () => {
    const pkcs8 = createPrivateKey(tenant().client.certificatePem).export({ type: 'pkcs8', format: 'der' })
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSA-PSS', hash: 'SHA-256' }, false, [
      'sign',
    ])
    const thumbprints = thumbprintsOf(new X509Certificate(certificateOf(tenant().client.certificatePem)).raw)
    const auth = PrivateKeyJwt(
      { key },
      {
        [modifyAssertion]: (header: Record<string, unknown>) => {
          header['x5t#S256'] = thumbprints['x5t#S256']
        },
      },
    )
    expect(claimsOf((await grant(auth)).access_token)).toMatchObject({ azpacr: '2' })
  })

  test('understands a refusal', async () => {
    await expect(grant(ClientSecretPost('wrong'))).rejects.toMatchObject({
      error: 'invalid_client',
      status: 401,
      error_description: expect.stringContaining('AADSTS7000215'),
    })
  })

  test('signs a user in by device code, and checks the ID token', async () => {
    const client = await config(None(), tenant().publicClient.appId)
    const scope = `openid profile ${tenant().api.identifierUri}/ToDoList.Read`
    const device = await initiateDeviceAuthorization(client, { scope })
    await visit(device.verification_uri, device.user_code)
    const tokens = await pollDeviceAuthorizationGrant(client, { ...device, interval: 0.01 })
    expect(tokens.claims()).toMatchObject({ name: 'Alice Adams', tid: tenant().tenantId })
  })
})

describe('@azure/identity', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })
  const options = () => ({
    authorityHost: new URL(tenant().authority).origin,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: tenant().caPem },
    retryOptions: { maxRetries: 0 },
  })
  const VAULT = 'https://vault.azure.net/.default'
  const got = async (credential: TokenCredential) => claimsOf((await credential.getToken(VAULT))?.token ?? '')
  const stub = (values: Record<string, string>) => {
    for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value)
  }
  const identity = () => ({ AZURE_TENANT_ID: tenant().tenantId, AZURE_CLIENT_ID: tenant().operator.appId })

  test('ClientSecretCredential', async () => {
    const { tenantId, client } = tenant()
    const claims = await got(new ClientSecretCredential(tenantId, client.appId, client.secret, options()))
    expect(claims).toMatchObject({ appid: client.appId, appidacr: '1' })
  })

  test('EnvironmentCredential, and DefaultAzureCredential through it, with a certificate file', async () => {
    const file = join(folder, 'operator.pem')
    await writeFile(file, tenant().operator.certificatePem, { mode: 0o600 })
    stub({ ...identity(), AZURE_CLIENT_CERTIFICATE_PATH: file })
    for (const credential of [new EnvironmentCredential(options()), new DefaultAzureCredential(options())]) {
      expect(await got(credential)).toMatchObject({ appid: tenant().operator.appId, appidacr: '2' })
    }
  })

  test('WorkloadIdentityCredential, with the token of a workload’s own issuer', async () => {
    const key = createPrivateKey(tenant().client.certificatePem)
    let issuer = ''
    const server = createServer((request, response) => {
      const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'k', use: 'sig' }
      const body = request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }
      response.end(JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    issuer = `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
    const token = await accessToken(tenant(), 'https://graph.microsoft.com/.default', 'operator')
    const url = `${tenant().graphUrl}/applications(appId='${tenant().operator.appId}')/federatedIdentityCredentials`
    const federated = { name: 'pod', issuer, subject: 'pod', audiences: ['api://AzureADTokenExchange'] }
    await ask(tenant(), url, { token, body: federated })
    const file = join(folder, 'workload-token')
    const workloadToken = new SignJWT({})
      .setIssuer(issuer)
      .setSubject('pod')
      .setAudience(federated.audiences)
      .setExpirationTime('5m')
    await writeFile(file, await workloadToken.setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(key))
    stub({ ...identity(), AZURE_FEDERATED_TOKEN_FILE: file })
    expect(await got(new WorkloadIdentityCredential(options()))).toMatchObject({
      appid: tenant().operator.appId,
    })
    server.close()
  })

  test('DeviceCodeCredential, as the client that it brings itself', async () => {
    const credential = new DeviceCodeCredential({
      ...options(),
      tenantId: tenant().tenantId,
      userPromptCallback: ({ userCode, verificationUri }) => {
        void visit(verificationUri, userCode)
      },
    })
    const claims = await got(credential)
    expect(claims).toMatchObject({ scp: 'user_impersonation', upn: 'alice@contoso.onmicrosoft.com' })
  })
})
