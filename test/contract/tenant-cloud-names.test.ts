import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import got from 'got'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ExchangeRecord, startTenant, type Tenant } from '../../tenant/server.ts'
import { accessToken, claimsOf } from '../support/tenant-client.ts'

const run = promisify(execFile)
let folder: string
let tenant: Tenant
const log: ExchangeRecord[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cloud-'))
  tenant = await startTenant({
    cloudNames: true,
    stateDir: join(folder, 'state'),
    onLog: (line) => log.push(line),
  })
})
afterAll(async () => {
  await tenant.close()
  await rm(folder, { recursive: true })
})

async function fetchCloud(url: string, token?: string) {
  const https = new Agent({ proxyEnv: { HTTPS_PROXY: tenant.proxyUrl ?? '' }, ca: tenant.caPem })
  const { statusCode, body } = await got(url, {
    agent: { https },
    https: { certificateAuthority: tenant.caPem },
    responseType: 'json',
    retry: { limit: 0 },
    throwHttpErrors: false,
    ...(token ? { headers: { authorization: `Bearer ${token}` } } : {}),
  })
  return { status: statusCode, body }
}

describe('under the cloud’s own names', () => {
  test('a client with its production configuration gets a token and signs in the vault: only proxy and CA are set', async () => {
    log.length = 0
    const { stdout } = await run(
      process.execPath,
      [join(import.meta.dirname, '../support/cloud-client.ts')],
      {
        env: {
          HTTPS_PROXY: tenant.proxyUrl,
          NODE_USE_ENV_PROXY: '1',
          NO_PROXY: 'localhost,127.0.0.1',
          NODE_EXTRA_CA_CERTS: tenant.files?.ca,
          TENANT_ID: tenant.tenantId,
          CLIENT_ID: tenant.client.appId,
          CLIENT_SECRET: tenant.client.secret,
          OPERATOR_ID: tenant.operator.appId,
          OPERATOR_FILE: tenant.files?.operatorCertificate,
          SCOPE: tenant.api.scope,
          VAULT_URL: tenant.cloud.vaultUrl,
          CERTIFICATE: tenant.vaultCertificateName,
        },
      },
    )
    const { token, keyId, signature } = JSON.parse(stdout)
    expect(claimsOf(token).iss).toBe(`https://login.microsoftonline.com/${tenant.tenantId}/v2.0`)
    expect(keyId).toMatch(/^https:\/\/todo-local\.vault\.azure\.net\/keys\//)
    expect(signature).toBe(256)
    expect(log.filter(({ service, status }) => service === 'proxy' && status !== 200)).toEqual([])
  })

  test.each(['login.microsoftonline.com', 'login.windows.net'])(
    'instance discovery at %s names the hosts of one cloud',
    async (host) => {
      const { body } = await fetchCloud(`https://${host}/common/discovery/instance?api-version=1.1`)
      expect(body).toMatchObject({ metadata: [{ preferred_network: 'login.microsoftonline.com' }] })
    },
  )

  test.each([
    ['login.microsoftonline.com', (id: string) => `https://login.microsoftonline.com/${id}/v2.0`],
    ['login.windows.net', (id: string) => `https://login.microsoftonline.com/${id}/v2.0`],
    ['<tenant id>.ciamlogin.com', (id: string) => `https://${id}.ciamlogin.com/${id}/v2.0`],
    ['contoso.ciamlogin.com', (id: string) => `https://${id}.ciamlogin.com/${id}/v2.0`],
  ])('discovery at %s names the issuer', async (host, issuer) => {
    const { tenantId } = tenant
    const { body } = await fetchCloud(
      `https://${host.replace('<tenant id>', tenantId)}/${tenantId}/v2.0/.well-known/openid-configuration`,
    )
    expect(body).toMatchObject({ issuer: issuer(tenantId), cloud_instance_name: 'microsoftonline.com' })
  })

  test('discovery at common has the issuer as a template', async () => {
    const { body } = await fetchCloud(
      'https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
    )
    expect(body).toMatchObject({ issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' })
  })

  test('Graph answers, and management.azure.com has no subscriptions', async () => {
    const graph = await accessToken(tenant, 'https://graph.microsoft.com/.default', 'operator')
    expect((await fetchCloud('https://graph.microsoft.com/v1.0/applications', graph)).status).toBe(200)
    const management = await accessToken(tenant, 'https://management.core.windows.net//.default', 'operator')
    const { body } = await fetchCloud(
      'https://management.azure.com/subscriptions?api-version=2022-12-01',
      management,
    )
    expect(body).toMatchObject({ value: [] })
    expect(
      (await fetchCloud('https://management.azure.com/tenants?api-version=2022-12-01', management)).body,
    ).toMatchObject({ value: [{ tenantId: tenant.tenantId }] })
    expect(
      (await fetchCloud('https://management.azure.com/subscriptions?api-version=2022-12-01', graph)).status,
    ).toBe(401)
    expect((await fetchCloud('https://graph.microsoft.com/subscriptions', management)).status).toBe(404)
  })
})

test.each([
  ['/subscriptions/11111111-1111-4111-8111-111111111111/resourcegroups', 'SubscriptionNotFound'],
  ['/subscriptions/11111111-1111-4111-8111-111111111111', 'SubscriptionNotFound'],
  ['/providers', 'NotFound'],
])('management.azure.com has nothing at %s, and says so in its own words', async (path, code) => {
  const { status, body } = await fetchCloud(`https://management.azure.com${path}?api-version=2022-12-01`)
  expect({ status, body }).toMatchObject({ status: 404, body: { error: { code } } })
  // The same address under the name of Graph.
  const graph = await fetchCloud(`https://graph.microsoft.com${path}`)
  expect(graph).toMatchObject({ status: 400, body: { error: { code: 'Request_BadRequest' } } })
})

describe('the proxy refuses', () => {
  const connectTo = (target: string) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(tenant.proxyUrl ?? '', { method: 'CONNECT', path: target })
      asked.on('connect', (response, socket) => {
        socket.destroy()
        resolve(response.statusCode ?? 0)
      })
      asked.on('error', reject)
      asked.end()
    })

  test.each([
    'example.org:443',
    'localhost:443',
    '127.0.0.1:443',
    '169.254.169.254:443',
    'login.microsoftonline.com:80',
    'login.microsoftonline.com:444',
    'login.microsoftonline.com',
    'login.microsoftonline.com.evil.example:443',
    'a.b.ciamlogin.com:443',
    'ciamlogin.com:443',
  ])('to lead to %s, and says so in the log', async (target) => {
    log.length = 0
    expect(await connectTo(target)).toBe(403)
    const reason = expect.stringContaining('not a host name of the cloud')
    expect(log).toMatchObject([{ service: 'proxy', host: target, status: 403, reason }])
  })

  test('anything but CONNECT', async () => {
    const { statusCode } = await got(tenant.proxyUrl ?? '', { throwHttpErrors: false, retry: { limit: 0 } })
    expect(statusCode).toBe(405)
  })

  test('one that then breaks off, and goes on', async () => {
    const socket = connect(Number(new URL(tenant.proxyUrl ?? '').port), '127.0.0.1')
    socket.write('CONNECT example.org:443 HTTP/1.1\r\n\r\n')
    await once(socket, 'data')
    socket.resetAndDestroy()
    expect(await connectTo('LOGIN.Windows.net:443')).toBe(200)
  })

  test('rubbish, and goes on', async () => {
    const socket = connect(Number(new URL(tenant.proxyUrl ?? '').port), '127.0.0.1')
    socket.end('rubbish\r\n\r\n')
    await new Promise((resolve) => socket.on('close', resolve).on('error', resolve).resume())
    log.length = 0
    expect(await connectTo('login.windows.net:443')).toBe(200)
    expect(log).toMatchObject([{ service: 'proxy', status: 200 }])
    expect(log[0]).not.toHaveProperty('reason')
  })
})

test('without cloudNames there is no proxy', async () => {
  const plain = await startTenant()
  expect(plain.proxyUrl).toBeUndefined()
  await plain.close()
})
