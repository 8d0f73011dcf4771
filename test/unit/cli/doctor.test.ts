import { mkdir, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Api } from '../../../api/server.ts'
import type { CheckResult } from '../../../cli/doctor/check.ts'
import { startTestApi } from '../../support/api.ts'
import { writeBadCertificates } from '../../support/bad-certificates.ts'
import { runCli, temporaryHome } from '../../support/cli.ts'
import { withTenant } from '../../support/tenant.ts'
import { startWebServer } from '../../support/web-server.ts'

const tenant = withTenant()
const home = temporaryHome()
const BAD = join(home.folder, 'bad')
let api: Api
let otherApi: Api
let env: Record<string, string>

beforeAll(async () => {
  const { tenantId, authority, caPem, api: app, client, operator } = tenant()
  const issuer = { tenantId, authority, caPem, clientId: app.appId }
  api = await startTestApi(issuer, { seedExamples: true })
  otherApi = await startTestApi({ ...issuer, clientId: client.appId })
  await writeBadCertificates(BAD)
  await writeFile(join(home.folder, 'ca.pem'), caPem)
  await writeFile(join(home.folder, 'client.pem'), client.certificatePem, { mode: 0o600 })
  await writeFile(join(home.folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
  env = {
    ...home.env,
    AUTHORITY: authority,
    CLIENT_ID: client.appId,
    CLIENT_SECRET: client.secret,
    CERT_PRIVATE_KEY_FILE: join(home.folder, 'client.pem'),
    SCOPES: app.scope,
    API_ENDPOINT: api.url,
    TODO_CLI_CA_FILE: join(home.folder, 'ca.pem'),
    TODO_CLI_GRAPH_URL: tenant().graphUrl,
    KEY_VAULT_URL: tenant().vaultUrl,
    CERTIFICATE_NAME: tenant().vaultCertificateName,
    VAULT_CERTIFICATE_FILE: join(home.folder, 'operator.pem'),
    TODO_CLI_VAULT_AUTH: 'certificate',
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: operator.appId,
  }
}, 60_000)

interface Fault {
  readonly fault: string
  readonly flags?: readonly string[]
  readonly change?: () => Record<string, string | undefined> | Promise<Record<string, string | undefined>>
  /** The check that must be the first to fail, and what it must have seen. */
  readonly fails: string
  readonly seen: RegExp
}

async function diagnose({
  flags = [],
  change = () => ({}),
}: Pick<Fault, 'flags' | 'change'>): Promise<CheckResult[]> {
  const { stdout, exitCode } = await runCli(['doctor', '--json', ...flags], {
    env: { ...env, ...(await change()) },
  })
  const results = JSON.parse(stdout) as CheckResult[]
  expect(exitCode).toBe(results.some(({ status }) => status === 'fail') ? 1 : 0)
  return results
}

const cert = (name: string) => ['--auth', 'cert', '--certificate-file', join(BAD, `${name}.pem`)]
const keyvault = ['--auth', 'keyvault']

/** An issuer that is none: a real HTTPS server of the test's own that answers discovery as told. */
async function falseIssuer(
  answer: (origin: string, tenantId: string) => { status?: number; body: unknown; date?: Date },
) {
  const { tls, tenantId } = tenant()
  let origin = ''
  const listener: RequestListener = (_, response) => {
    const { status = 200, body, date } = answer(origin, tenantId)
    if (date) response.setHeader('date', date.toUTCString())
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const server = await startWebServer(listener, { cert: tls.certPem, key: tls.keyPem })
  origin = server.origin
  return { AUTHORITY: `${origin}/${tenantId}` }
}

const metadata = (origin: string, tenantId: string) => ({
  issuer: `${origin}/${tenantId}/v2.0`,
  token_endpoint: `${origin}/${tenantId}/oauth2/v2.0/token`,
  authorization_endpoint: `${origin}/${tenantId}/oauth2/v2.0/authorize`,
  jwks_uri: `${origin}/${tenantId}/discovery/v2.0/keys`,
})

const FAULTS: readonly Fault[] = [
  {
    fault: 'no authority',
    change: () => ({ AUTHORITY: undefined }),
    fails: 'settings',
    seen: /neither authority nor tenantId/,
  },
  {
    fault: 'an authority without TLS',
    flags: ['--authority', 'http://login.example.com/x'],
    fails: 'settings',
    seen: /http:\/\//,
  },
  {
    fault: 'the authority "common"',
    flags: ['--authority', 'https://login.microsoftonline.com/common'],
    fails: 'settings',
    seen: /common/,
  },
  {
    fault: 'no client id',
    change: () => ({ CLIENT_ID: undefined }),
    fails: 'settings',
    seen: /clientId is not set/,
  },
  {
    fault: 'a client id that is a name',
    flags: ['--client-id', 'daemon'],
    fails: 'settings',
    seen: /not a GUID/,
  },
  {
    fault: 'a scope without /.default',
    flags: ['--scopes', 'api://x/Read'],
    fails: 'settings',
    seen: /\.default/,
  },
  { fault: 'an unknown way to authenticate', flags: ['--auth', 'magic'], fails: 'settings', seen: /magic/ },
  {
    fault: 'an unknown profile',
    flags: ['--profile', 'nowhere'],
    fails: 'settings',
    seen: /no profile "nowhere"/,
  },
  {
    fault: 'a damaged profile file',
    change: async () => {
      await mkdir(join(home.folder, 'damaged'))
      await writeFile(join(home.folder, 'damaged', 'profiles.json'), '{')
      return { TODO_CLI_HOME: join(home.folder, 'damaged') }
    },
    fails: 'settings',
    seen: /damaged/,
  },
  {
    fault: 'an issuer that is down',
    flags: ['--authority', 'https://localhost:1/x'],
    fails: 'issuer',
    seen: /nothing listens/,
  },
  {
    fault: 'an issuer whose CA is not trusted',
    change: () => ({ TODO_CLI_CA_FILE: undefined }),
    fails: 'issuer',
    seen: /not trusted/,
  },
  {
    fault: 'an authority of a tenant that is not there',
    change: () => ({
      AUTHORITY: `${new URL(tenant().authority).origin}/11111111-1111-4111-8111-111111111111`,
    }),
    fails: 'issuer',
    seen: /AADSTS90002/,
  },
  {
    fault: 'an authority that is a web page',
    change: () => falseIssuer(() => ({ body: '<html>' })),
    fails: 'issuer',
    seen: /not the authority/,
  },
  {
    fault: 'an issuer that fails',
    change: () => falseIssuer(() => ({ status: 500, body: '' })),
    fails: 'issuer',
    seen: /500/,
  },
  {
    fault: 'metadata of an issuer on another host',
    change: () =>
      falseIssuer((origin, id) => ({
        body: { ...metadata(origin, id), issuer: `https://login.example.com/${id}/v2.0` },
      })),
    fails: 'issuer',
    seen: /says that the issuer is https:\/\/login\.example\.com/,
  },
  {
    fault: 'a clock that is ten minutes off',
    change: () =>
      falseIssuer((origin, id) => ({ body: metadata(origin, id), date: new Date(Date.now() + 600_000) })),
    fails: 'clock',
    seen: /600 s behind|599 s behind|601 s behind/,
  },
  {
    fault: 'no secret',
    change: () => ({ CLIENT_SECRET: undefined }),
    fails: 'credential',
    seen: /no client secret/,
  },
  {
    fault: "the secret's id in place of its value",
    change: () => ({ CLIENT_SECRET: '22222222-2222-4222-8222-222222222222' }),
    fails: 'credential',
    seen: /secret's id/,
  },
  {
    fault: 'a secret file that is not there',
    flags: ['--client-secret-file', 'nowhere'],
    fails: 'credential',
    seen: /nowhere/,
  },
  {
    fault: 'a certificate file that is not there',
    flags: cert('nowhere'),
    fails: 'credential',
    seen: /no file/,
  },
  {
    fault: 'a certificate file without a key',
    flags: cert('no-key'),
    fails: 'credential',
    seen: /no private key/,
  },
  {
    fault: 'the key of another certificate',
    flags: cert('other-key'),
    fails: 'credential',
    seen: /another certificate/,
  },
  {
    fault: 'an encrypted key and no passphrase',
    flags: cert('encrypted'),
    fails: 'credential',
    seen: /encrypted/,
  },
  { fault: 'an expired certificate', flags: cert('expired'), fails: 'credential', seen: /expired/ },
  { fault: 'a certificate of tomorrow', flags: cert('not-yet'), fails: 'credential', seen: /valid from/ },
  { fault: 'an EC certificate', flags: cert('ec'), fails: 'credential', seen: /RSA only/ },
  {
    fault: 'a configured thumbprint of another certificate',
    flags: ['--auth', 'cert', '--cert-thumbprint', '0'.repeat(40)],
    fails: 'credential',
    seen: /not the thumbprint/,
  },
  {
    fault: 'a vault that is down',
    flags: [...keyvault, '--key-vault-url', 'https://localhost:1'],
    fails: 'credential',
    seen: /can not reach the key vault/,
  },
  {
    fault: 'a vault without the certificate',
    flags: [...keyvault, '--certificate-name', 'nowhere'],
    fails: 'credential',
    seen: /no certificate "nowhere"/,
  },
  {
    fault: 'an identity that may not open the vault',
    flags: keyvault,
    change: () => ({
      AZURE_CLIENT_ID: tenant().client.appId,
      VAULT_CERTIFICATE_FILE: join(home.folder, 'client.pem'),
    }),
    fails: 'credential',
    seen: /denies "certificates get"/,
  },
  {
    fault: 'an identity for the vault that the tenant does not know',
    flags: keyvault,
    change: () => ({ AZURE_CLIENT_ID: '33333333-3333-4333-8333-333333333333' }),
    fails: 'credential',
    seen: /AADSTS700016|no app with this client id/,
  },
  {
    fault: 'a certificate that is not registered',
    flags: cert('good'),
    fails: 'registration',
    seen: /none with SHA-1/,
  },
  {
    fault: 'a certificate that is not registered, where Graph may not be read',
    flags: cert('good'),
    change: () => ({
      AZURE_CLIENT_ID: tenant().client.appId,
      VAULT_CERTIFICATE_FILE: join(home.folder, 'client.pem'),
    }),
    fails: 'token',
    seen: /AADSTS700027/,
  },
  {
    fault: 'a wrong secret',
    change: () => ({ CLIENT_SECRET: 'wrong' }),
    fails: 'token',
    seen: /AADSTS7000215/,
  },
  {
    fault: 'an unknown client id',
    flags: ['--client-id', '44444444-4444-4444-8444-444444444444'],
    fails: 'token',
    seen: /AADSTS700016/,
  },
  {
    fault: 'a scope of an API that is not there',
    flags: ['--scopes', 'api://nowhere/.default'],
    fails: 'token',
    seen: /AADSTS500011/,
  },
  {
    fault: 'an app without a role',
    change: () => ({
      CLIENT_ID: tenant().clientWithoutRole.appId,
      CLIENT_SECRET: tenant().clientWithoutRole.secret,
    }),
    fails: 'claims',
    seen: /neither roles nor scopes/,
  },
  {
    fault: 'an API that is down',
    flags: ['--api-endpoint', 'https://localhost:1/api/todolist'],
    fails: 'api',
    seen: /nothing listens/,
  },
  {
    fault: 'an address that is not the API',
    change: () => ({ API_ENDPOINT: `${api.url}/more/of/it` }),
    fails: 'api',
    seen: /404|not the todo API/,
  },
  {
    fault: 'an API that expects another audience',
    change: () => ({ API_ENDPOINT: otherApi.url }),
    fails: 'api',
    seen: /401/,
  },
]

describe('todo-cli doctor', () => {
  it.each(['secret', 'cert', 'keyvault'])(
    'finds nothing wrong with --auth %s where nothing is',
    async (auth) => {
      const results = await diagnose({ flags: ['--auth', auth] })
      expect(results.map(({ check, status }) => [check, status])).toEqual(
        ['settings', 'issuer', 'clock', 'credential', 'registration', 'token', 'claims', 'api'].map(
          (check) => [check, 'ok'],
        ),
      )
    },
  )

  it.each(FAULTS)('names $fails first for $fault', async ({ flags, change, fails, seen }) => {
    const results = await diagnose({ ...(flags ? { flags } : {}), ...(change ? { change } : {}) })
    const first = results.find(({ status }) => status === 'fail')
    expect(first).toMatchObject({ check: fails, seen: expect.stringMatching(seen) as string })
    expect(first?.next).toEqual(expect.any(String))
  })

  it('says what it did not look at, and for want of what', async () => {
    const results = await diagnose({ flags: ['--authority', 'https://localhost:1/x'] })
    expect(results.find(({ check }) => check === 'token')).toMatchObject({
      status: 'skip',
      seen: expect.stringContaining('issuer') as string,
    })
  })

  it('asks for a token anew although one is in the cache', async () => {
    await runCli(['todos', 'list'], { env })
    const [wrong] = (await diagnose({ change: () => ({ CLIENT_SECRET: 'wrong' }) })).filter(
      ({ status }) => status === 'fail',
    )
    expect(wrong).toMatchObject({ check: 'token' })
  })

  it('writes a line for each check, with what to do below the one that failed', async () => {
    const { stdout, exitCode } = await runCli(['doctor', '--scopes', 'api://nowhere/.default'], { env })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^ok {4}settings/m)
    expect(stdout).toMatch(/^fail {2}token .*AADSTS500011\)\n +next: .*todo-cli config set scopes/m)
    expect(stdout).toMatch(/^skip {2}api/m)
  })
})
