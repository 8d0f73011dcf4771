import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeBadCertificates } from '../../../../support/bad-certificates.ts'
import { runCli, temporaryHome } from '../../../../support/cli.ts'
import { withTenant } from '../../../../support/tenant.ts'

const tenant = withTenant()
const { folder, env: home } = temporaryHome()
let env: Record<string, string>

beforeAll(async () => {
  const { tenantId, authority, caPem, client, operator, graphUrl } = tenant()
  await writeBadCertificates(folder)
  for (const [name, data] of Object.entries({
    'ca.pem': caPem,
    'client.pem': client.certificatePem,
    'operator.pem': operator.certificatePem,
  })) {
    await writeFile(join(folder, name), data, { mode: 0o600 })
  }
  env = {
    ...home,
    CLIENT_ID: client.appId,
    TODO_CLI_GRAPH_URL: graphUrl,
    TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
    TODO_CLI_VAULT_AUTH: 'certificate',
    VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: operator.appId,
  }
})

async function registration(name: string, change: Record<string, string | undefined> = {}) {
  const result = await runCli(['cert', 'verify', join(folder, name), '--json'], {
    env: { ...env, ...change },
  })
  const { checks } = JSON.parse(result.stdout) as {
    checks: { check: string; result: string; detail: string }[]
  }
  return { exitCode: result.exitCode, ...checks.find(({ check }) => check === 'registration') }
}

describe('cert verify, where an app is configured,', () => {
  it('says that the app knows the certificate', async () => {
    expect(await registration('client.pem')).toMatchObject({ exitCode: 0, result: 'ok' })
  })

  it('warns of a certificate that the app does not know, which is in order all the same', async () => {
    expect(await registration('good.pem')).toMatchObject({
      exitCode: 0,
      result: 'warning',
      detail: expect.stringContaining('app credential add') as string,
    })
  })

  it('skips the check where Graph may not be read', async () => {
    const client = {
      AZURE_CLIENT_ID: tenant().client.appId,
      VAULT_CERTIFICATE_FILE: join(folder, 'client.pem'),
    }
    expect(await registration('client.pem', client)).toMatchObject({ exitCode: 0, result: 'skipped' })
  })

  it('asks nobody where no app is configured', async () => {
    expect(await registration('client.pem', { CLIENT_ID: undefined })).toEqual({ exitCode: 0 })
  })

  it('refuses a client id that the tenant does not have', async () => {
    const strange = { CLIENT_ID: '11111111-1111-4111-8111-111111111111' }
    const { exitCode, stderr } = await runCli(['cert', 'verify', join(folder, 'client.pem')], {
      env: { ...env, ...strange },
    })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^error: .*no app with the client id/)
  })
})
