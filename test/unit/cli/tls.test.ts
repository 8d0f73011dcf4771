/** TLS verification can not be turned off, neither by a flag nor by Node's own variable. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { expectError, runCli, temporaryHome } from '../../support/cli.ts'
import { withTenant } from '../../support/tenant.ts'
import { tenantEnv } from '../../support/tenant-env.ts'
import { startWebServer, tlsFor } from '../../support/web-server.ts'

const { folder, env: home } = temporaryHome()
const tenant = withTenant()

/** All that a token needs, but for the CA. */
function untrusting(apiEndpoint?: string): Record<string, string | undefined> {
  return { ...tenantEnv(tenant(), join(folder, 'tenant'), apiEndpoint), ...home, TODO_CLI_CA_FILE: undefined }
}

beforeEach(() => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
})

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('with NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  it.each([
    ['the issuer', ['token', 'get', '--auth', 'secret']],
    ['the issuer', ['token', 'get', '--auth', 'cert']],
    ['the issuer', ['token', 'get', '--auth', 'keyvault']],
    ['the key vault', ['cert', 'thumbprint', 'vault:todo-daemon']],
    ['the key vault', ['cert', 'create', 'new', '--vault', 'VAULT']],
    ['Microsoft Graph', ['app', 'show']],
  ])('%s is not trusted by "todo-cli %s"', async (who, argv) => {
    const env = untrusting()
    const words = argv.map((word) => (word === 'VAULT' ? String(env.KEY_VAULT_URL) : word))
    const result = await runCli(words, { env })
    expectError(
      result,
      6,
      new RegExp(`^error: the TLS certificate of (${who}|the issuer) at .* is not trusted`),
    )
  })

  it('an API that nobody vouches for gets no token', async () => {
    const tls = await tlsFor('localhost')
    const asked: string[] = []
    const { origin } = await startWebServer((request, response) => {
      asked.push(String(request.headers.authorization))
      response.end('[]')
    }, tls)
    const env = untrusting(`${origin}/api/todolist`)
    const trusting = { ...env, TODO_CLI_CA_FILE: join(folder, 'tenant/ca.pem') }
    const result = await runCli(['todos', 'list'], { env: trusting })
    expectError(result, 6, /^error: the TLS certificate of the todo API at .* is not trusted/)
    expect(asked).toEqual([])
  })

  it('the identity that opens the vault is sent to no issuer that nobody vouches for', async () => {
    const env = { ...untrusting(), TODO_CLI_VAULT_AUTH: 'certificate' }
    const { stderr } = await runCli(['cert', 'list', '--all', '--verbose'], { env })
    expect(stderr).not.toMatch(/(GET|POST) \S+ 2\d\d/)
  })
})
