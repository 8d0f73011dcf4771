/** Settings, and the way to issuer, vault, Graph and API: each fault is real, over real sockets, and doctor names it first. */
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { type Fault, withDoctor } from '../../../support/doctor.ts'
import { freePort } from '../../../support/ports.ts'
import { startWebServer, type Tls, tlsFor } from '../../../support/web-server.ts'

const doctor = withDoctor()
const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

/** A CA file with the tenant's CA and another one. */
async function trusting({ cert }: Tls): Promise<string> {
  const path = join(doctor().folder, `${randomUUID()}.pem`)
  await writeFile(path, doctor().tenant.caPem + cert)
  return path
}

/** An HTTPS server with this certificate where something else should be. */
async function impostor(tls: Tls, isTrusted = true) {
  const { origin } = await startWebServer((_, response) => response.end('{}'), tls)
  return { origin, ...(isTrusted ? { TODO_CLI_CA_FILE: await trusting(tls) } : {}) }
}

const throughProxy = async (portOf: (name: string, port: number) => number | undefined, login?: string) => {
  const proxy = await startConnectProxy(portOf, login === undefined ? {} : { login })
  closing.push(() => proxy.close())
  return { HTTPS_PROXY: proxy.url }
}

let expired: Tls
let elsewhere: Tls
let tomorrows: Tls
beforeAll(async () => {
  ;[expired, elsewhere, tomorrows] = await Promise.all([
    tlsFor('localhost', { until: -1 }),
    tlsFor('elsewhere.example'),
    tlsFor('localhost', { from: 1, until: 2 }),
  ])
})

const SETTINGS: readonly Fault[] = [
  {
    fault: 'no authority',
    change: () => ({ AUTHORITY: undefined }),
    fails: 'settings',
    seen: /neither authority nor tenantId/,
    next: /todo-cli local start.*todo-cli config set/,
  },
  {
    fault: 'an authority without TLS',
    flags: ['--authority', 'http://login.example.com/x'],
    fails: 'settings',
    seen: /http:\/\//,
    next: /https:\/\/login\.example\.com/,
  },
  {
    fault: 'the authority "common"',
    flags: ['--authority', 'https://login.microsoftonline.com/common'],
    fails: 'settings',
    seen: /common/,
    next: /TENANT_ID/,
  },
  {
    fault: 'an authority that ends in /v2.0',
    flags: ['--authority', 'https://login.microsoftonline.com/contoso.com/v2.0'],
    fails: 'settings',
    seen: /does not end in a tenant/,
    next: /login\.microsoftonline\.com\/contoso\.com$/,
  },
  {
    fault: 'no client id',
    change: () => ({ CLIENT_ID: undefined }),
    fails: 'settings',
    seen: /clientId is not set/,
    next: /todo-cli config set clientId/,
  },
  {
    fault: 'a client id that is a name',
    flags: ['--client-id', 'daemon'],
    fails: 'settings',
    seen: /not a GUID/,
    next: /todo-cli config set clientId/,
  },
  {
    fault: 'no scope',
    change: () => ({ SCOPES: undefined }),
    fails: 'settings',
    seen: /scopes is not set/,
    next: /todo-cli config set scopes/,
  },
  {
    fault: 'a scope without /.default',
    flags: ['--scopes', 'api://x/Read'],
    fails: 'settings',
    seen: /\.default/,
    next: /api:\/\//,
  },
  {
    fault: 'an unknown way to authenticate',
    flags: ['--auth', 'magic'],
    fails: 'settings',
    seen: /magic/,
    next: /secret/,
  },
  {
    fault: 'an unknown profile',
    flags: ['--profile', 'nowhere'],
    fails: 'settings',
    seen: /no profile "nowhere"/,
    next: /profile/,
  },
  {
    fault: 'a damaged profile file',
    change: async () => {
      const home = join(doctor().folder, 'damaged')
      await mkdir(home)
      await writeFile(join(home, 'profiles.json'), '{')
      return { TODO_CLI_HOME: home }
    },
    fails: 'settings',
    seen: /damaged/,
    next: /./,
  },
  {
    fault: 'a CA file that is not there',
    flags: ['--ca-file', 'nowhere.pem'],
    fails: 'settings',
    seen: /nowhere\.pem/,
    next: /./,
  },
  {
    fault: 'a CA file without a CA',
    change: () => ({ TODO_CLI_CA_FILE: doctor().bad('text') }),
    fails: 'settings',
    seen: /not a PEM file of CA/,
    next: /--ca-file/,
  },
  {
    fault: 'a SOCKS proxy',
    change: () => ({ HTTPS_PROXY: 'socks5://user:word@localhost:1080' }),
    fails: 'settings',
    seen: /proxy of the kind socks5/,
    next: /export HTTPS_PROXY=http/,
  },
]

const ISSUER: readonly Fault[] = [
  {
    fault: 'an issuer that is down',
    flags: ['--authority', 'https://localhost:1/x'],
    fails: 'issuer',
    seen: /nothing listens/,
    next: /todo-cli local start/,
  },
  {
    fault: 'an issuer whose name nobody knows',
    flags: ['--authority', 'https://login.invalid/contoso.com'],
    fails: 'issuer',
    seen: /the host name (is unknown|can not be looked up now)/,
    next: /todo-cli config list/,
  },
  {
    fault: 'an issuer whose CA is not trusted',
    change: () => ({ TODO_CLI_CA_FILE: undefined }),
    fails: 'issuer',
    seen: /not trusted: its CA is not known/,
    next: /todo-cli config set caFile/,
  },
  {
    fault: 'an issuer whose TLS certificate has expired',
    change: async () => {
      const { origin, ...more } = await impostor(expired)
      return { ...more, AUTHORITY: `${origin}/x` }
    },
    fails: 'issuer',
    seen: /has expired/,
    next: /date -u/,
  },
  {
    fault: 'an issuer whose TLS certificate is of tomorrow',
    change: async () => {
      const { origin, ...more } = await impostor(tomorrows)
      return { ...more, AUTHORITY: `${origin}/x` }
    },
    fails: 'issuer',
    seen: /not valid yet/,
    next: /timedatectl/,
  },
  {
    fault: 'an issuer whose TLS certificate is for another name',
    change: async () => {
      const { origin, ...more } = await impostor(elsewhere)
      return { ...more, AUTHORITY: `${origin}/x` }
    },
    fails: 'issuer',
    seen: /for another host name/,
    next: /todo-cli config list/,
  },
  {
    fault: 'an issuer that speaks no TLS',
    change: async () => {
      const { port } = await startWebServer((_, response) => response.end())
      return { AUTHORITY: `https://localhost:${port}/x` }
    },
    fails: 'issuer',
    seen: /does not speak TLS/,
    next: /todo-cli/,
  },
  {
    fault: 'an issuer that cuts the connection',
    change: () => doctor().falseIssuer({ discovery: (request) => void request.socket.destroy() }),
    fails: 'issuer',
    seen: /closed the connection/,
    next: /todo-cli/,
  },
  {
    fault: 'an issuer that never answers',
    flags: ['--timeout', '300ms'],
    change: () => doctor().falseIssuer({ discovery: () => 'hang' }),
    fails: 'issuer',
    seen: /no answer within 0\.3 s/,
    next: /--timeout/,
  },
  {
    fault: 'an issuer that fails',
    change: () => doctor().falseIssuer({ discovery: () => ({ status: 500 }) }),
    fails: 'issuer',
    seen: /answers 500/,
    next: /./,
  },
  {
    fault: 'an issuer that is too busy',
    change: () =>
      doctor().falseIssuer({ discovery: () => ({ status: 429, headers: { 'retry-after': '3600' } }) }),
    fails: 'issuer',
    seen: /answers 429/,
    next: /./,
  },
  {
    fault: 'a proxy that wants a login',
    change: async () => throughProxy((_, port) => port, 'user:word'),
    fails: 'issuer',
    seen: /wants a user name and a password \(407\)/,
    next: /export HTTPS_PROXY=http:\/\/USER:PASSWORD@/,
  },
  {
    fault: 'a proxy that refuses the issuer',
    change: async () => throughProxy((_, port) => (port === doctor().tenant.ports.issuer ? undefined : port)),
    fails: 'issuer',
    seen: /proxy \(HTTPS_PROXY\) refused the connection \(403\)/,
    next: /export NO_PROXY=localhost/,
  },
  {
    fault: 'a proxy that is not there',
    change: async () => ({ HTTPS_PROXY: `http://localhost:${await freePort()}` }),
    fails: 'issuer',
    seen: /the proxy does not answer/,
    next: /HTTPS_PROXY/,
  },
  {
    fault: 'an authority of a tenant that is not there',
    change: () => ({ AUTHORITY: `${new URL(doctor().tenant.authority).origin}/${randomUUID()}` }),
    fails: 'issuer',
    seen: /AADSTS90002/,
    next: /az account show.*todo-cli config set authority/,
  },
  {
    fault: 'an authority of a tenant that is no tenant',
    change: () => ({ AUTHORITY: `${new URL(doctor().tenant.authority).origin}/con_toso` }),
    fails: 'settings',
    seen: /does not end in a tenant/,
    next: /TENANT_ID/,
  },
  {
    fault: 'an authority that is a web page',
    change: () => doctor().falseIssuer({ discovery: () => ({ body: '<html>' }) }),
    fails: 'issuer',
    seen: /no issuer and token endpoint/,
    next: /todo-cli config set authority/,
  },
  {
    fault: 'an authority that has no metadata',
    change: () => doctor().falseIssuer({ discovery: () => ({ status: 404 }) }),
    fails: 'issuer',
    seen: /answers 404 to .*openid-configuration/,
    next: /todo-cli config set authority/,
  },
  {
    fault: 'an authority that leads elsewhere',
    change: () =>
      doctor().falseIssuer({
        discovery: () => ({ status: 302, headers: { location: 'https://example.com' } }),
      }),
    fails: 'issuer',
    seen: /answers 302/,
    next: /todo-cli config set authority/,
  },
  {
    fault: 'metadata of an issuer on another host',
    change: () =>
      doctor().falseIssuer({
        metadata: () => ({ issuer: `https://login.example.com/${doctor().tenant.tenantId}/v2.0` }),
      }),
    fails: 'issuer',
    seen: /says that the issuer is https:\/\/login\.example\.com/,
    next: /todo-cli config set authority https:\/\/login\.microsoftonline\.com/,
  },
  {
    fault: 'metadata of another tenant',
    change: () =>
      doctor().falseIssuer({ metadata: (origin) => ({ issuer: `${origin}/${randomUUID()}/v2.0` }) }),
    fails: 'issuer',
    seen: /answers for the tenant/,
    next: /todo-cli config set authority https:\/\/localhost/,
  },
  {
    fault: 'a token endpoint on another host',
    change: () =>
      doctor().falseIssuer({ metadata: () => ({ token_endpoint: 'https://evil.example/token' }) }),
    fails: 'issuer',
    seen: /token endpoint is on another host/,
    next: /todo-cli config set authority/,
  },
]

const SERVICES: readonly Fault[] = [
  {
    fault: 'a vault that is down',
    flags: ['--auth', 'keyvault', '--key-vault-url', 'https://localhost:1'],
    fails: 'vault',
    seen: /can not reach the key vault at https:\/\/localhost:1/,
    next: /todo-cli/,
  },
  {
    fault: 'no vault',
    flags: ['--auth', 'keyvault'],
    change: () => ({ KEY_VAULT_URL: undefined }),
    fails: 'vault',
    seen: /keyVaultUrl is not set/,
    next: /todo-cli config set keyVaultUrl/,
  },
  {
    fault: 'a vault that is something else',
    flags: ['--auth', 'keyvault'],
    change: () => ({ KEY_VAULT_URL: new URL(doctor().tenant.authority).origin }),
    fails: 'vault',
    seen: /is not a key vault/,
    next: /todo-cli config set keyVaultUrl/,
  },
  {
    fault: 'a vault of another tenant',
    flags: ['--auth', 'keyvault'],
    change: () => ({ AZURE_TENANT_ID: randomUUID() }),
    fails: 'vault',
    seen: /the vault is of the tenant .*, and the identity that opens it of .* \(AZURE_TENANT_ID\)/,
    next: /todo-cli config set vaultTenantId/,
  },
  {
    fault: 'a vault that the proxy refuses',
    flags: ['--auth', 'keyvault'],
    change: async () => throughProxy((_, port) => (port === doctor().tenant.ports.vault ? undefined : port)),
    fails: 'vault',
    seen: /can not reach the key vault .*proxy/,
    next: /export NO_PROXY=localhost/,
  },
  {
    fault: 'an API that is down',
    flags: ['--api-endpoint', 'https://localhost:1/api/todolist'],
    fails: 'endpoint',
    seen: /can not reach the todo API at https:\/\/localhost:1: nothing listens/,
    next: /todo-cli/,
  },
  {
    fault: 'an API whose CA is not trusted',
    change: async () => ({
      API_ENDPOINT: `${(await impostor(await tlsFor('localhost'), false)).origin}/api/todolist`,
    }),
    fails: 'endpoint',
    seen: /certificate of the todo API .* is not trusted/,
    next: /todo-cli config set caFile/,
  },
  {
    fault: 'an address that is not the API',
    change: () => ({ API_ENDPOINT: `${doctor().api.url}/more/of/it` }),
    fails: 'endpoint',
    seen: /not the todo API \(404\)/,
    next: /todo-cli config get apiEndpoint/,
  },
]

describe('todo-cli doctor', () => {
  it.each([...SETTINGS, ...ISSUER, ...SERVICES])('names $fails first for $fault', async (fault) => {
    await doctor().expectFault(fault)
  })

  it.each([
    [-600, /^this machine's clock is (599|600|601) s ahead of the issuer$/],
    [600, /^this machine's clock is (599|600|601) s behind the issuer$/],
  ])('names clock first for a clock that is %i s off', async (seconds, seen) => {
    const date = () => new Date(Date.now() + seconds * 1000).toUTCString()
    const { AUTHORITY } = await doctor().falseIssuer({ headers: () => ({ date: date() }) })
    const results = await doctor().run([], { AUTHORITY })
    expect(results.find(({ status }) => status === 'fail')).toMatchObject({
      check: 'clock',
      seen: expect.stringMatching(seen) as string,
      next: 'set the clock: sudo timedatectl set-ntp true',
    })
  })

  it('warns of a Graph that is down, and goes on: it is not on the way to a todo', async () => {
    const results = await doctor().run([], { TODO_CLI_GRAPH_URL: 'https://localhost:1/v1.0' })
    expect(results.find(({ check }) => check === 'graph')).toMatchObject({
      status: 'warn',
      code: 'graph-unreachable',
    })
    expect(results.find(({ check }) => check === 'registration')).toEqual({
      check: 'registration',
      status: 'skip',
      seen: 'not looked at, for want of: graph',
    })
    expect(results.find(({ check }) => check === 'api')).toMatchObject({ status: 'ok' })
  })

  it('warns of an API that answers without a token', async () => {
    const { origin } = await startWebServer((_, response) => response.end('[]'))
    const results = await doctor().run(['--api-endpoint', `${origin}/api/todolist`])
    expect(results.find(({ check }) => check === 'endpoint')).toMatchObject({
      status: 'warn',
      seen: expect.stringMatching(/without a token/) as string,
    })
  })

  it('shows the proxy that is used, without its password', async () => {
    const { HTTPS_PROXY } = await throughProxy((_, port) => port)
    const [settings] = await doctor().run([], {
      HTTPS_PROXY: HTTPS_PROXY.replace('//', '//user:secret-word@'),
    })
    expect(settings?.seen).toMatch(/, proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\)$/)
    expect(settings?.seen).not.toMatch(/user|secret-word/)
  })
})
