/** What doctor writes, what it does not look at and why, and the names of the cloud. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { newSecret } from '../../../../tenant/credentials.ts'
import { newApplication, newServicePrincipal } from '../../../../tenant/seed/applications.ts'
import { startTenant } from '../../../../tenant/server.ts'
import { runCli } from '../../../support/cli.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { withDoctor } from '../../../support/doctor.ts'
import { commandsIn, usageError } from '../../../support/hints.ts'
import { startWebServer, tlsFor } from '../../../support/web-server.ts'

const doctor = withDoctor()
const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const text = (flags: string[], variables: Record<string, string> = {}) =>
  runCli(['doctor', ...flags], { env: { ...doctor().env, ...variables } })

describe('todo-cli doctor writes', () => {
  it('a line for each check, with what to do below the one that failed', async () => {
    const { stdout, stderr, exitCode } = await text(['--scopes', 'api://nowhere/.default'])
    expect(exitCode).toBe(1)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^ok {4}settings/m)
    expect(stdout).toMatch(/^fail {2}token .*AADSTS500011\)\n +next: .*todo-cli config set scopes/m)
    expect(stdout).toMatch(/^skip {2}api {11}not looked at, for want of: token$/m)
    const next = /next: (.*)$/m.exec(stdout)?.[1] ?? ''
    for (const command of commandsIn(next)) expect(await usageError(command)).toBeUndefined()
  })

  it('each setting with where it comes from', async () => {
    const { tenant } = doctor()
    const [settings] = await doctor().run(['--auth', 'cert'])
    expect(settings?.seen).toBe(
      `--auth cert (--auth), authority ${tenant.authority} (AUTHORITY), client ${tenant.client.appId} (CLIENT_ID), scope ${tenant.api.scope} (SCOPES)`,
    )
  })

  it("the issuer's own words with --verbose, to stderr, with trace and correlation id", async () => {
    const { stdout, stderr } = await text(['--verbose'], { CLIENT_SECRET: 'wrong' })
    expect(stderr).toMatch(/^> Error: AADSTS7000215: .*Trace ID: \S+ Correlation ID: \S+/m)
    expect(stdout).not.toContain('Trace ID')
    expect((await text([], { CLIENT_SECRET: 'wrong' })).stderr).toBe('')
  })

  it('neither the token nor the secret', async () => {
    const { stdout, stderr } = await text(['--verbose'])
    expect(stdout + stderr).not.toContain(doctor().tenant.client.secret)
    expect(stdout + stderr).not.toMatch(/\beyJ[\w-]{10}/)
  })
})

describe('todo-cli doctor', () => {
  it('asks for a token anew although one is in the cache', async () => {
    await runCli(['todos', 'list'], { env: doctor().env })
    const variables = { CLIENT_SECRET: 'wrong', TODO_CLI_GRAPH_URL: 'https://localhost:1/v1.0' }
    const failed = (await doctor().run([], variables)).filter(({ status }) => status === 'fail')
    expect(failed).toMatchObject([{ check: 'token' }])
  })

  it('does not look at what Graph does not let it read, and says so', async () => {
    const { client } = doctor().tenant
    const variables = {
      AZURE_CLIENT_ID: client.appId,
      VAULT_CERTIFICATE_FILE: join(doctor().folder, 'client.pem'),
    }
    const results = await doctor().run(['--auth', 'cert'], variables)
    expect(results.find(({ check }) => check === 'registration')).toMatchObject({
      status: 'skip',
      seen: expect.stringMatching(
        /^not looked at, for Graph may not be read: .*Insufficient privileges/,
      ) as string,
    })
    expect(results.at(-1)).toMatchObject({ check: 'api', status: 'ok' })
  })

  it('does not look into the apps of another tenant', async () => {
    const other = await startTenant()
    closing.push(() => other.close())
    const caFile = join(doctor().folder, 'both.pem')
    const operator = join(doctor().folder, 'other-operator.pem')
    await writeFile(caFile, doctor().tenant.caPem + other.caPem)
    await writeFile(operator, other.operator.certificatePem, { mode: 0o600 })
    const results = await doctor().run(['--auth', 'cert'], {
      TODO_CLI_CA_FILE: caFile,
      TODO_CLI_GRAPH_URL: other.graphUrl,
      AZURE_AUTHORITY_HOST: new URL(other.authority).origin,
      AZURE_TENANT_ID: other.tenantId,
      AZURE_CLIENT_ID: other.operator.appId,
      VAULT_CERTIFICATE_FILE: operator,
    })
    expect(results.find(({ check }) => check === 'registration')).toEqual({
      check: 'registration',
      status: 'skip',
      seen: `not looked at, for who reads Graph is of the tenant ${other.tenantId}, and the app of ${doctor().tenant.tenantId}`,
      next: `az login --tenant ${doctor().tenant.tenantId} --allow-no-subscriptions`,
    })
    expect(results.at(-1)).toMatchObject({ check: 'api', status: 'ok' })
  })

  it('knows an app that is registered in another tenant', async () => {
    const { directory } = doctor()
    const application = newApplication({ displayName: 'guest', createdDateTime: '' })
    directory.servicePrincipals.put(newServicePrincipal(application))
    const results = await doctor().run([], { CLIENT_ID: application.appId, CLIENT_SECRET: newSecret() })
    expect(results.find(({ check }) => check === 'registration')).toMatchObject({
      status: 'skip',
      seen: 'not looked at, for the app is registered in another tenant',
    })
  })

  it('ends in time where nobody answers', async () => {
    const tls = { cert: doctor().tenant.tls.certPem, key: doctor().tenant.tls.keyPem }
    const { origin } = await startWebServer(() => {}, tls)
    const silent = {
      AUTHORITY: `${origin}/${randomUUID()}`,
      TODO_CLI_GRAPH_URL: `${origin}/v1.0`,
      KEY_VAULT_URL: origin,
      API_ENDPOINT: `${origin}/api/todolist`,
    }
    const results = await doctor().run(['--auth', 'keyvault', '--timeout', '200ms'], silent)
    const failed = results.filter(({ status }) => status === 'fail')
    expect(failed.map(({ check }) => check)).toEqual(['issuer', 'vault', 'endpoint'])
    for (const { seen } of failed) expect(seen).toMatch(/no answer within 0\.2 s$/)
  })
})

describe('under the names of the cloud', () => {
  const GUID = /^[0-9a-f]{8}-/
  /** All names lead to the tenant's issuer, but for this machine's own. */
  const proxied = async (portOf: (name: string) => number = () => doctor().tenant.ports.issuer) => {
    const proxy = await startConnectProxy((name, port) => (name === 'localhost' ? port : portOf(name)))
    closing.push(() => proxy.close())
    return { HTTPS_PROXY: proxy.url }
  }
  const run = async (AUTHORITY: string, more: Record<string, string> = {}) => {
    const results = await doctor().run([], { ...(await proxied()), AUTHORITY, ...more })
    return results.find(({ check }) => check === 'issuer')
  }

  it.each([
    'contoso.ciamlogin.com',
    'contoso.ciamlogin.com/contoso.onmicrosoft.com',
    'contoso.ciamlogin.com/TENANT',
    'TENANT.ciamlogin.com',
  ])('the authority %s is that of the issuer with the tenant id as its host', async (authority) => {
    const { tenantId } = doctor().tenant
    const found = await run(`https://${authority.replaceAll('TENANT', tenantId)}`)
    expect(found).toEqual({
      check: 'issuer',
      status: 'ok',
      seen: `https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`,
    })
    expect(tenantId).toMatch(GUID)
  })

  it.each(['login.microsoftonline.com', 'login.windows.net'])(
    '%s is a name of the public cloud',
    async (host) => {
      const { tenantId } = doctor().tenant
      expect(await run(`https://${host}/${tenantId}`)).toMatchObject({ status: 'ok' })
    },
  )

  it("an external tenant's address that answers with the issuer of Entra is not taken for it", async () => {
    const { tenantId } = doctor().tenant
    const tls = await tlsFor('contoso.ciamlogin.com')
    const { port } = await startWebServer((_, response) => {
      const base = `https://login.microsoftonline.com/${tenantId}`
      response.end(JSON.stringify({ issuer: `${base}/v2.0`, token_endpoint: `${base}/oauth2/v2.0/token` }))
    }, tls)
    const caFile = join(doctor().folder, 'ciam.pem')
    await writeFile(caFile, doctor().tenant.caPem + tls.cert)
    const variables = {
      ...(await proxied(() => port)),
      TODO_CLI_CA_FILE: caFile,
      AUTHORITY: `https://contoso.ciamlogin.com/${tenantId}`,
    }
    const first = (await doctor().run([], variables)).find(({ status }) => status === 'fail')
    expect(first).toMatchObject({
      check: 'issuer',
      seen: expect.stringContaining(
        `it says that the issuer is https://login.microsoftonline.com/${tenantId}/v2.0`,
      ) as string,
      next: `if that is the issuer which is meant: todo-cli config set authority https://login.microsoftonline.com/${tenantId}`,
    })
  })
})
