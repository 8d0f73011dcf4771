/** An authority that is not known is vouched for by the cloud before it sees a credential: nothing switches that off. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificateFor, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { runCli } from '../../../support/cli.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'

const ID = '11111111-1111-4111-8111-111111111111'
let proxy: ConnectProxy
let folder: string

beforeAll(async () => {
  proxy = await startConnectProxy(() => undefined)
  folder = await mkdtemp(join(tmpdir(), 'vouched-'))
  const keys = await rsaKeys()
  await writeFile(join(folder, 'daemon.pem'), pkcs8(keys.privateKey) + certificateFor(keys), { mode: 0o600 })
})
afterAll(async () => {
  await proxy.close()
  await rm(folder, { recursive: true })
})

/** Which hosts a command asks the proxy for, that leads nowhere, with a production configuration for this issuer. */
async function askedFor(issuer: string, ...argv: string[]): Promise<string[]> {
  proxy.asked.length = 0
  const pem = join(folder, 'daemon.pem')
  const { exitCode } = await runCli(argv, {
    env: {
      TODO_CLI_HOME: join(folder, 'home'),
      HTTPS_PROXY: proxy.url,
      ...{ AUTHORITY: `${issuer}/${ID}`, CLIENT_ID: ID, CLIENT_SECRET: 'none', CERT_PRIVATE_KEY_FILE: pem },
      ...{ SCOPES: 'api://todo/.default', API_ENDPOINT: 'https://localhost:1' },
      ...{ AZURE_AUTHORITY_HOST: issuer, AZURE_TENANT_ID: ID, AZURE_CLIENT_ID: ID },
      ...{ VAULT_CERTIFICATE_FILE: pem, TODO_CLI_VAULT_AUTH: 'certificate' },
    },
  })
  expect(exitCode).not.toBe(0)
  return [...new Set(proxy.asked)]
}

const COMMANDS = [
  { by: 'MSAL with a secret', argv: ['todos', 'list', '--auth', 'secret'] },
  { by: 'MSAL with a certificate', argv: ['todos', 'list', '--auth', 'cert'] },
  { by: '@azure/identity', argv: ['app', 'show'] },
]

describe.each(COMMANDS)('by $by', ({ argv }) => {
  test('an issuer that nobody knows is asked for nothing before the cloud said what it is', async () => {
    expect(await askedFor('https://login.unknown.example', ...argv)).toEqual([
      'login.microsoftonline.com:443',
    ])
  })

  test('the issuer of the cloud needs nobody to vouch for it', async () => {
    expect(await askedFor('https://login.microsoftonline.com', ...argv)).toEqual([
      'login.microsoftonline.com:443',
    ])
    expect(await askedFor('https://login.microsoftonline.us', ...argv)).toEqual([
      'login.microsoftonline.us:443',
    ])
  })
})
