import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ExchangeRecord } from '../../../../tenant/server.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { type CliOptions, expectError, runCli, temporaryHome } from '../../../support/cli.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { withTenant } from '../../../support/tenant.ts'
import { tenantEnv } from '../../../support/tenant-env.ts'

const asked: ExchangeRecord[] = []
const tenant = withTenant({ onLog: (record) => asked.push(record) })
const { folder } = temporaryHome()
let home = 0

beforeEach(() => {
  home += 1
  asked.length = 0
})

/** `todo-cli token show` in a home of the test's own, with all that the tenant wants. */
function show(flags: readonly string[] = [], env: CliOptions['env'] = {}) {
  const own = { TODO_CLI_HOME: join(folder, `home${home}`) }
  return runCli(['token', 'show', '--json', ...flags], {
    env: { ...tenantEnv(tenant(), folder), ...own, ...env },
  })
}

async function claims(
  flags: readonly string[] = [],
  env: CliOptions['env'] = {},
): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await show(flags, env)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Which services were asked, and how often. */
function counts() {
  const of = (service: string) => asked.filter((record) => record.service === service).length
  return { issuer: of('issuer'), vault: of('vault') }
}

describe('a second call', () => {
  it.each(['secret', 'cert', 'keyvault'])('with --auth %s asks neither issuer nor vault', async (auth) => {
    const first = await claims(['--auth', auth])
    expect(counts().issuer).toBeGreaterThan(0)
    asked.length = 0
    expect(await claims(['--auth', auth])).toEqual(first)
    expect(counts()).toEqual({ issuer: 0, vault: 0 })
  })

  it('with --no-cache gets a token of its own, and keeps none', async () => {
    const first = await claims(['--no-cache'])
    expect((await claims(['--no-cache'])).uti).not.toBe(first.uti)
    expect((await claims()).uti).not.toBe(first.uti)
  })

  it('after token clear gets a new one', async () => {
    const first = await claims()
    const env = { TODO_CLI_HOME: join(folder, `home${home}`) }
    expect(await runCli(['token', 'clear'], { env })).toMatchObject({
      exitCode: 0,
      stderr: 'removed 1 token\n',
    })
    expect((await claims()).uti).not.toBe(first.uti)
  })
})

describe('a token is never that of', () => {
  const other = async (flags: readonly string[], env: CliOptions['env'] = {}) => {
    const first = await claims()
    asked.length = 0
    return { first, second: await claims(flags, env) }
  }

  it.each(['cert', 'keyvault'])('another credential: %s after secret', async (auth) => {
    const { first, second } = await other(['--auth', auth])
    expect([first.azpacr, second.azpacr]).toEqual(['1', '2'])
    expect(second.uti).not.toBe(first.uti)
  })

  it('another secret, even one that is wrong', async () => {
    await claims()
    const { exitCode, stderr } = await show([], { CLIENT_SECRET: 'wrong' })
    expect(exitCode).toBe(4)
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'issuer-refused', serviceCode: 'AADSTS7000215' })
  })

  it('another client', async () => {
    const { appId, secret } = tenant().clientWithoutRole
    const { second } = await other([], { CLIENT_ID: appId, CLIENT_SECRET: secret })
    expect(second).toMatchObject({ azp: appId })
    expect(second.roles).toBeUndefined()
  })

  it('another way to the issuer: a proxy', async () => {
    const proxy = await startConnectProxy(() => tenant().ports.issuer)
    const { first, second } = await other([], { HTTPS_PROXY: proxy.url })
    await proxy.close()
    expect(second.uti).not.toBe(first.uti)
    expect(proxy.asked).not.toEqual([])
  })

  it('another trust: more CAs', async () => {
    const file = join(folder, 'more.pem')
    writeFileSync(file, tenant().caPem + certificateFor(await rsaKeys()))
    const { first, second } = await other(['--ca-file', file])
    expect(second.uti).not.toBe(first.uti)
  })

  it('another certificate', async () => {
    await claims(['--auth', 'cert'])
    const keys = await rsaKeys()
    const file = join(folder, 'other.pem')
    writeFileSync(file, pkcs8(keys.privateKey) + certificateFor(keys), { mode: 0o600 })
    const { exitCode, stderr } = await show(['--auth', 'cert', '--certificate-file', file])
    expect(exitCode).toBe(4)
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'issuer-refused', serviceCode: 'AADSTS700027' })
  })

  it('another trust: what NODE_EXTRA_CA_CERTS names', async () => {
    const { first, second } = await other([], { NODE_EXTRA_CA_CERTS: join(folder, 'extra.pem') })
    expect(second.uti).not.toBe(first.uti)
  })

  it('another scope', async () => {
    const { first, second } = await other(['--scopes', 'https://graph.microsoft.com/.default'])
    expect([first.aud, second.aud]).toEqual([tenant().api.appId, expect.stringMatching(/graph|00000003/)])
  })

  it('the cloud: the same tenant id under another host is asked for anew', async () => {
    const proxy = await startConnectProxy(() => tenant().ports.issuer)
    const AUTHORITY = `https://login.microsoftonline.com/${tenant().tenantId}`
    // The same way for both, so that it is the host alone that tells them apart.
    const way = { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' }
    const first = await claims([], way)
    const second = await claims([], { ...way, AUTHORITY })
    await proxy.close()
    expect(second.uti).not.toBe(first.uti)
    expect(new Set(proxy.asked)).toEqual(new Set(['login.microsoftonline.com:443']))
  })
})

describe("the sample's AUTHORITY=https://<subdomain>.ciamlogin.com/, with no tenant in it", () => {
  it.each(['secret', 'cert'])(
    'works with --auth %s: the issuer is taken from discovery, and nobody else is asked',
    async (auth) => {
      const proxy = await startConnectProxy((name) =>
        name.endsWith('.ciamlogin.com') ? tenant().ports.issuer : undefined,
      )
      const env = { AUTHORITY: 'https://contoso.ciamlogin.com/', HTTPS_PROXY: proxy.url }
      const token = await claims(['--auth', auth], env)
      const again = await claims(['--auth', auth], env)
      await proxy.close()
      const { tenantId } = tenant()
      expect(token.iss).toBe(`https://${tenantId}.ciamlogin.com/${tenantId}/v2.0`)
      expect(again).toEqual(token)
      expect(proxy.asked.filter((host) => !host.endsWith('.ciamlogin.com:443'))).toEqual([])
    },
  )
})

describe('the client secret', () => {
  const file = (text: string, mode = 0o600) => {
    const path = join(folder, 'secret')
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }

  it('can be in a file, with a line break at its end', async () => {
    const CLIENT_SECRET_FILE = file(`${tenant().client.secret}\n`)
    expect((await claims([], { CLIENT_SECRET: '', CLIENT_SECRET_FILE })).azpacr).toBe('1')
  })

  it('in a file that others may read is used with a warning', async () => {
    const path = file(tenant().client.secret, 0o644)
    const { exitCode, stderr } = await show(['--client-secret-file', path])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining(`chmod 600 ${path}`),
    })
  })

  it.each([
    ['is missing', '', 2, /there is no client secret/],
    ['is blank', ' ', 2, /the client secret is empty/],
    ['is an id', '33333333-3333-4333-8333-333333333333', 2, /looks like a secret's id/],
  ])('that %s is refused before anybody is asked', async (_, CLIENT_SECRET, exitCode, message) => {
    const env = { ...tenantEnv(tenant(), folder), TODO_CLI_HOME: join(folder, `home${home}`), CLIENT_SECRET }
    expectError(await runCli(['token', 'show'], { env }), exitCode, message)
    expect(asked).toEqual([])
  })
})

describe('what can not be a request for a token', () => {
  it.each([
    ['a client id that is none', { CLIENT_ID: 'daemon' }, /the client id \(CLIENT_ID\) is not a GUID/],
    ['no client id', { CLIENT_ID: '' }, /clientId is not set/],
    ['a delegated scope', { SCOPES: 'api://x/ToDoList.Read' }, /does not end in \/\.default/],
    ['two scopes', { SCOPES: 'api://x/.default api://y/.default' }, /does not end in \/\.default/],
    ['no scope', { SCOPES: '' }, /scopes is not set/],
    ['no authority', { AUTHORITY: '' }, /neither authority nor tenantId is set/],
    ['a plain authority', { AUTHORITY: 'http://localhost:1/x' }, /would send credentials in the clear/],
    ['an unknown credential', { TODO_CLI_AUTH: 'pigeon' }, /pigeon/],
  ])('%s is refused before anybody is asked', async (_, changes, message) => {
    const env = { ...tenantEnv(tenant(), folder), TODO_CLI_HOME: join(folder, `home${home}`), ...changes }
    expectError(await runCli(['token', 'show'], { env }), 2, message)
    expect(asked).toEqual([])
  })
})
