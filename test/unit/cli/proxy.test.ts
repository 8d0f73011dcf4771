/** A proxy for whatever the program asks: issuer, vault, Graph, API. Its password is shown by nothing. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { proxyEnv } from '../../../cli/proxy-env.ts'
import { appError } from '../../support/app-error.ts'
import { type CliResult, expectError, runCli, temporaryHome } from '../../support/cli.ts'
import { type ConnectProxy, type ProxyManners, startConnectProxy } from '../../support/connect-proxy.ts'
import { freePort } from '../../support/ports.ts'
import { withTenant } from '../../support/tenant.ts'

const tenant = withTenant()
const { folder, env: home } = temporaryHome()
let env: Record<string, string>

beforeAll(async () => {
  const { authority, tenantId, caPem, client, operator, api, vaultUrl, vaultCertificateName } = tenant()
  await writeFile(join(folder, 'ca.pem'), caPem)
  await writeFile(join(folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
  env = {
    ...home,
    AUTHORITY: authority,
    CLIENT_ID: client.appId,
    CLIENT_SECRET: client.secret,
    SCOPES: api.scope,
    TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
    TODO_CLI_GRAPH_URL: tenant().graphUrl,
    KEY_VAULT_URL: vaultUrl,
    CERTIFICATE_NAME: vaultCertificateName,
    VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
    TODO_CLI_VAULT_AUTH: 'certificate',
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: operator.appId,
  }
})

const PASSWORD = 'p@ss/w:rd'
const LOGIN = `user:${encodeURIComponent(PASSWORD)}`

const open: ConnectProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.close()
})

/** A proxy that leads to where it is asked to, or refuses. */
async function started(manners: ProxyManners = {}) {
  const { refusal } = manners
  const proxy = await startConnectProxy((_, port) => (refusal === undefined ? port : undefined), manners)
  open.push(proxy)
  const withLogin = (login: string) => proxy.url.replace('//', `//${login}@`)
  return { ...proxy, withLogin }
}

const token = (more: Record<string, string>, ...flags: string[]) =>
  runCli(['token', 'show', '--no-cache', '--verbose', ...flags], { env: { ...env, ...more } })

/** Neither as it was typed nor decoded nor as it is sent. */
function expectNoPassword({ stdout, stderr }: CliResult) {
  const all = stdout + stderr
  for (const form of [PASSWORD, encodeURIComponent(PASSWORD), btoa(`user:${PASSWORD}`), 'user:'])
    expect(all).not.toContain(form)
}

describe('a proxy with a login', () => {
  it('is given it, for each service that is asked, and nothing of it is written', async () => {
    const { authority, vaultUrl } = tenant()
    const proxy = await started({ login: `user:${PASSWORD}` })
    const result = await token({ HTTPS_PROXY: proxy.withLogin(LOGIN) }, '--auth', 'keyvault')
    expect(result.exitCode).toBe(0)
    const hosts = [vaultUrl, authority].map((url) => new URL(url).host).sort()
    expect([...new Set(proxy.asked)].sort()).toEqual(hosts)
    expect(new Set(proxy.logins)).toEqual(new Set([`user:${PASSWORD}`]))
    expectNoPassword(result)
  })

  it('is asked for once for each service: the connection is kept for whoever needs it next', async () => {
    const { authority, vaultUrl } = tenant()
    const proxy = await started()
    const { exitCode } = await token({ HTTPS_PROXY: proxy.url }, '--auth', 'keyvault')
    expect(exitCode).toBe(0)
    expect(proxy.asked.toSorted()).toEqual([vaultUrl, authority].map((url) => new URL(url).host).toSorted())
  })

  it.each(['secret', 'keyvault'])(
    'that is wrong is told as such with --auth %s, with the variable to set',
    async (auth) => {
      const proxy = await started({ login: 'user:other' })
      const result = await token({ HTTPS_PROXY: proxy.withLogin(LOGIN) }, '--auth', auth)
      expect(result.exitCode).toBe(6)
      expect(result.stderr).toMatch(/the proxy \(HTTPS_PROXY\) wants a user name and a password \(407\)/)
      expect(result.stderr).toMatch(/^hint: export HTTPS_PROXY=http:\/\/USER:PASSWORD@HOST:PORT/m)
      expectNoPassword(result)
    },
  )

  it('that is not there is told, and nothing of the login', async () => {
    const result = await token({ HTTPS_PROXY: `http://${LOGIN}@localhost:${await freePort()}` })
    expect(result.stderr).toMatch(/the proxy does not answer/)
    expectNoPassword(result)
  })

  it('whose name nobody knows is told as the proxy, not as the issuer', async () => {
    const result = await token({ HTTPS_PROXY: `http://${LOGIN}@proxy.invalid:3128` })
    expect(result.stderr).toMatch(/the proxy does not answer/)
    expectNoPassword(result)
  })
})

describe('a proxy that refuses', () => {
  it.each([403, 502, 504])('with %i says so, and how to go without it', async (refusal) => {
    const proxy = await started({ refusal })
    const { stderr, exitCode } = await token({ HTTPS_PROXY: proxy.url })
    expect(exitCode).toBe(6)
    expect(stderr).toMatch(new RegExp(`the proxy \\(HTTPS_PROXY\\) refused the connection \\(${refusal}\\)`))
    expect(stderr).toMatch(/^hint: .*export NO_PROXY=localhost$/m)
  })
})

describe('the variable', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('%s names the proxy', async (name) => {
    const proxy = await started()
    expect((await token({ [name]: proxy.url })).exitCode).toBe(0)
    expect(proxy.asked).toEqual([new URL(tenant().authority).host])
  })

  it('https_proxy is stronger than HTTPS_PROXY, as for curl', async () => {
    const proxy = await started()
    const { exitCode } = await token({ https_proxy: proxy.url, HTTPS_PROXY: 'http://localhost:1' })
    expect(exitCode).toBe(0)
  })

  it('without http:// is a proxy all the same, and nobody goes around it', async () => {
    const proxy = await started()
    expect((await token({ HTTPS_PROXY: proxy.url.replace('http://', '') })).exitCode).toBe(0)
    expect(proxy.asked).toHaveLength(1)
  })

  it.each([
    ['NO_PROXY', 'localhost'],
    ['no_proxy', 'localhost'],
    ['NO_PROXY', 'example.com, localhost'],
    ['NO_PROXY', '*'],
  ])('%s=%s keeps it out', async (name, value) => {
    const proxy = await started()
    expect((await token({ HTTPS_PROXY: proxy.url, [name]: value })).exitCode).toBe(0)
    expect(proxy.asked).toEqual([])
  })

  it.each(['NO_PROXY', 'no_proxy'])('%s of another host does not', async (name) => {
    const proxy = await started()
    expect((await token({ HTTPS_PROXY: proxy.url, [name]: 'calhost,example.com' })).exitCode).toBe(0)
    expect(proxy.asked).toHaveLength(1)
  })

  it('HTTP_PROXY is not for https', async () => {
    expect((await token({ HTTP_PROXY: 'http://localhost:1' })).exitCode).toBe(0)
  })
})

describe('NO_PROXY', () => {
  it('means the subdomains of a name, too, as everywhere', () => {
    expect(proxyEnv({ NO_PROXY: 'example.com corp,10.0.0.1, .internal,*.x.y,host.z:80' })).toEqual({
      NO_PROXY: 'example.com,.example.com,corp,10.0.0.1,.internal,*.x.y,host.z:80',
    })
  })

  it('that is empty is none', () => {
    expect(proxyEnv({ NO_PROXY: '', HTTPS_PROXY: '', PATH: '/bin' })).toEqual({})
  })
})

describe('an address of no proxy', () => {
  it.each([
    [`http://${LOGIN}@`, /^HTTPS_PROXY is not the address of a proxy$/],
    [`http://user:p/${PASSWORD}@host:1`, /^HTTPS_PROXY is not the address of a proxy$/],
    ['http://', /^HTTPS_PROXY is not the address of a proxy$/],
    ['a b', /^HTTPS_PROXY is not the address of a proxy$/],
    [`socks5://${LOGIN}@localhost:1080`, /^HTTPS_PROXY names a proxy of the kind socks5, and only http/],
    ['ftp://localhost', /^HTTPS_PROXY names a proxy of the kind ftp/],
  ])('%s is refused, and not repeated', async (HTTPS_PROXY, message) => {
    const error = await appError('setting-invalid', () => proxyEnv({ HTTPS_PROXY }))
    expect(error.message).toMatch(message)
    expect(`${error.message}${error.hint}`).not.toContain('p%40')
    expect(error.hint).toMatch(/^export HTTPS_PROXY=http:\/\/HOST:PORT/)
  })

  it('ends the program with exit code 2 before anything is sent', async () => {
    const result = await runCli(['todos', 'list'], { env: { ...env, https_proxy: 'socks5://u:word@h:1' } })
    expectError(result, 2, /https_proxy names a proxy of the kind socks5/)
    expect(result.stderr).not.toContain('word')
  })
})
