import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../../core/thumbprints.ts'
import { startTenant, type Tenant, type TenantOptions } from '../../tenant/server.ts'
import { accessToken, ask, certificateOf } from '../support/tenant-client.ts'

const run = promisify(execFile)
const support = (name: string) => join(import.meta.dirname, '../support', name)

/** A Python that has these packages: Debian's own, or the first in the PATH. */
async function pythonWith(packages: string): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const has = await run(python, ['-W', 'ignore', '-c', `import ${packages}`]).then(
      () => true,
      () => false,
    )
    if (has) return python
  }
  return undefined
}

let folder: string
let tenant: Tenant
let operatorSecret = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'languages-'))
  const options: TenantOptions = { stateDir: join(folder, 'state'), cloudNames: true }
  tenant = await startTenant(options)
  const token = await accessToken(tenant, 'https://graph.microsoft.com/.default', 'operator')
  const url = `${tenant.graphUrl}/applications(appId='${tenant.operator.appId}')/addPassword`
  const { body } = await ask(tenant, url, { token, body: {} })
  operatorSecret = body.secretText
})
afterAll(async () => {
  await tenant.close()
  await rm(folder, { recursive: true })
})

/** What `local env` sets, and no more: the proxy only where the real names are used. */
const environment = (proxied: boolean) => ({
  ...process.env,
  REQUESTS_CA_BUNDLE: tenant.files?.ca,
  NO_PROXY: 'localhost,127.0.0.1',
  no_proxy: 'localhost,127.0.0.1',
  ...(proxied ? { HTTPS_PROXY: tenant.proxyUrl, https_proxy: tenant.proxyUrl } : {}),
})

describe('a client in another language', () => {
  test('curl gets a token', async () => {
    const { tokenEndpoint, client, api, files } = tenant
    const form = { grant_type: 'client_credentials', client_id: client.appId, scope: api.scope }
    const fields = Object.entries({ ...form, client_secret: client.secret }).flatMap(([name, value]) => [
      '--data-urlencode',
      `${name}=${value}`,
    ])
    const argv = ['-sS', '--cacert', files?.ca ?? '', tokenEndpoint, ...fields]
    const { stdout } = await run('curl', argv, { env: environment(false) })
    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer' })
  })

  test('Python’s MSAL (Debian’s python3-msal) gets a token with a secret and with a certificate', async ({
    skip,
  }) => {
    const python = await pythonWith('msal, jwt')
    if (python === undefined) return skip('python3-msal is not installed')
    const { client, authority, api, files } = tenant
    const { sha1 } = thumbprintsOf(new X509Certificate(certificateOf(client.certificatePem)).raw)
    const env = {
      ...environment(false),
      ...{ SECRET: client.secret, PEM: files?.clientCertificate, SHA1: sha1 },
      ...{ ID: client.appId, AUTHORITY: authority, SCOPE: api.scope },
    }
    const { stdout } = await run(python, [support('python-msal.py')], { env })
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ok: true, codes: null },
      { ok: true, codes: null },
      { ok: false, codes: [7000215] },
    ])
  }, 120_000)

  test('Python’s Key Vault packages (Debian’s python3-azure) take a certificate through its life, under the real names', async ({
    skip,
  }) => {
    const python = await pythonWith('azure.identity, azure.keyvault.certificates, azure.keyvault.secrets')
    if (python === undefined) return skip('python3-azure is not installed')
    const { tenantId, operator, cloud } = tenant
    const secret = { TENANT: tenantId, ID: operator.appId, SECRET: operatorSecret, VAULT: cloud.vaultUrl }
    const { stdout } = await run(python, ['-W', 'ignore', support('python-vault.py')], {
      env: { ...environment(true), ...secret },
    })
    expect(JSON.parse(stdout)).toEqual({
      signature: 256,
      type: 'application/x-pkcs12',
      listed: true,
      gone: true,
    })
  }, 120_000)

  test('Go’s packages (Debian’s azure-sdk-for-go and x/oauth2) take a certificate through its life, under the real names', async ({
    skip,
  }) => {
    const goPath = process.env.GOPATH ?? '/usr/share/gocode'
    const packages = ['github.com/Azure/azure-sdk-for-go/services/keyvault/v7.1', 'golang.org/x/oauth2']
    const missing = packages.find((name) => !existsSync(join(goPath, 'src', name)))
    if (missing !== undefined) return skip(`${missing} is not installed for Go`)
    const build = { GOPATH: goPath, GO111MODULE: 'off', GOCACHE: join(folder, 'go-cache') }
    const program = join(folder, 'go-vault')
    await run('go', ['build', '-o', program, support('go-vault.go')], { env: { ...process.env, ...build } })
    const { tenantId, operator, cloud, files } = tenant
    const { stdout } = await run(program, [], {
      env: {
        ...environment(true),
        ...{ TENANT: tenantId, ID: operator.appId, SECRET: operatorSecret, VAULT: cloud.vaultUrl },
        SSL_CERT_FILE: files?.ca,
      },
    })
    expect(JSON.parse(stdout)).toEqual({ signature: 342, listed: true, gone: true })
  }, 300_000)

  test('az (Debian’s azure-cli) signs in and manages app registrations, under the real names', async ({
    skip,
  }) => {
    const python = await pythonWith('azure.cli.core')
    if (python === undefined) return skip('azure-cli is not installed')
    const env = {
      ...environment(true),
      AZURE_CONFIG_DIR: join(folder, 'az'),
      AZURE_CORE_COLLECT_TELEMETRY: '0',
    }
    const az = (...args: string[]) => run(python, ['-W', 'ignore', '-m', 'azure.cli', ...args], { env })
    const { operator, tenantId, client } = tenant
    await az(
      'login',
      '--service-principal',
      '-u',
      operator.appId,
      '-p',
      operatorSecret,
      '--tenant',
      tenantId,
      '--allow-no-subscriptions',
    )
    await az('logout')
    const pem = tenant.files?.operatorCertificate ?? ''
    // Since 2.69 a certificate has a flag of its own, and --password takes none.
    const { 'azure-cli': version = '' } = JSON.parse((await az('version')).stdout)
    const flag = Number(String(version).split('.')[1]) >= 69 ? '--certificate' : '-p'
    const byCertificate = ['-u', operator.appId, flag, pem, '--tenant', tenantId, '--allow-no-subscriptions']
    await az('login', '--service-principal', ...byCertificate)
    const account = await az('account', 'show', '--query', 'tenantId')
    expect(JSON.parse(account.stdout)).toBe(tenantId)
    const credentials = await az('ad', 'sp', 'credential', 'list', '--id', client.appId)
    expect(JSON.parse(credentials.stdout)).toEqual([])
    await expect(az('group', 'list')).rejects.toMatchObject({
      stderr: expect.stringContaining(
        `(SubscriptionNotFound) The subscription '${tenantId}' could not be found.`,
      ),
    })
    // AzureCliCredential asks the program of that name in the PATH.
    await mkdir(join(folder, 'bin'))
    const script = `#!/bin/sh\nexec ${python} -W ignore -m azure.cli "$@"\n`
    await writeFile(join(folder, 'bin/az'), script, { mode: 0o755 })
    const { stdout } = await run(process.execPath, [support('programs/azure-cli-credential.ts')], {
      env: {
        ...env,
        PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
        NODE_USE_ENV_PROXY: '1',
        NODE_EXTRA_CA_CERTS: tenant.files?.ca,
        KEY_VAULT_URL: tenant.cloud.vaultUrl,
      },
    })
    expect(stdout.split('\n')).toContain(tenant.vaultCertificateName)
    const shown = await az('ad', 'app', 'show', '--id', client.appId, '--query', 'displayName')
    expect(JSON.parse(shown.stdout)).toBe('todo-daemon')
    const created = await az('ad', 'app', 'create', '--display-name', 'made-by-az')
    expect(JSON.parse(created.stdout)).toMatchObject({ displayName: 'made-by-az', appId: expect.any(String) })
  }, 120_000)
})
