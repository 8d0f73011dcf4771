/** A redirect would take a token, an assertion or a secret to whoever it names. None is followed, whoever answers so. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { runCli, temporaryHome } from '../../support/cli.ts'
import { withTenant } from '../../support/tenant.ts'
import { tenantEnv } from '../../support/tenant-env.ts'
import { startWebServer, tlsFor, type WebServer } from '../../support/web-server.ts'

const tenant = withTenant()
const { folder, env: home } = temporaryHome()
let elsewhere: WebServer
/** Answers every request with a redirect to `elsewhere`, which would do all that is asked of it. */
let redirecting: WebServer
let env: Record<string, string>

beforeEach(async () => {
  const tls = await tlsFor('localhost')
  elsewhere = await startWebServer((_, response) => response.end('{}'), tls)
  redirecting = await startWebServer(
    (request, response) => response.writeHead(307, { location: `${elsewhere.origin}${request.url}` }).end(),
    tls,
  )
  env = { ...tenantEnv(tenant(), folder, 'http://localhost:1/api/todolist'), ...home }
  const ca = join(folder, 'both.pem')
  writeFileSync(ca, tenant().caPem + tls.cert)
  env = { ...env, TODO_CLI_CA_FILE: ca }
})

describe('a redirect is not followed', () => {
  const tenantPath = () => new URL(tenant().authority).pathname
  it.each<[what: string, argv: string[], changes: () => Record<string, string>]>([
    ['by the issuer', ['token', 'show'], () => ({ AUTHORITY: redirecting.origin + tenantPath() })],
    ['by the API', ['todos', 'list'], () => ({ API_ENDPOINT: `${redirecting.origin}/api/todolist` })],
    ['by the vault', ['todos', 'list', '--auth', 'keyvault'], () => ({ KEY_VAULT_URL: redirecting.origin })],
    ['by the vault that makes a certificate', ['cert', 'create', 'a'], () => ({})],
    [
      'by Microsoft Graph',
      ['app', 'credential', 'list'],
      () => ({ TODO_CLI_GRAPH_URL: `${redirecting.origin}/v1.0` }),
    ],
    [
      'by the issuer of who opens the vault',
      ['cert', 'thumbprint', 'vault:a'],
      () => ({ AZURE_AUTHORITY_HOST: redirecting.origin }),
    ],
  ])('%s', async (what, argv, changes) => {
    const vault = what.endsWith('a certificate') ? ['--vault', redirecting.origin] : []
    const { exitCode, stdout, stderr } = await runCli([...argv, ...vault], { env: { ...env, ...changes() } })
    expect(redirecting.requests, stderr).not.toEqual([])
    expect(elsewhere.requests).toEqual([])
    expect({ exitCode, stdout }).toEqual({ exitCode: expect.any(Number), stdout: '' })
    expect(exitCode, stderr).toBeGreaterThan(0)
    expect(stderr).toMatch(/^error: .+\nhint: .+\n$/)
    expect(stderr).not.toMatch(/unexpected|defect/)
  })
})
