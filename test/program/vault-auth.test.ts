/** Who opens the vault, as the built program says it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { spawnCli } from '../support/cli.ts'
import { accessToken } from '../support/tenant-client.ts'
import { withVault } from '../support/vault.ts'

const vault = withVault()
afterEach(() => vault().permitAll())

const show = (method: string, env: Record<string, string | undefined> = {}, ...more: string[]) => {
  const { AZURE_CLIENT_ID: _, VAULT_CERTIFICATE_FILE: __, ...rest } = vault().env()
  const name = vault().tenant.vaultCertificateName
  return spawnCli(['cert', 'show', `vault:${name}`, '--vault-auth', method, ...more], {
    // Where the metadata service of a virtual machine would be asked, nothing listens.
    env: { ...rest, HTTP_PROXY: 'http://127.0.0.1:1', ...env },
  })
}

describe('the built program opens the vault', () => {
  it('with a certificate file', async () => {
    const { VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID } = vault().env()
    const { stdout, exitCode } = await show('certificate', { VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID })
    expect(exitCode).toBe(0)
    expect(stdout).toContain('CN=todo-daemon')
  })

  it('with the environment', async () => {
    const { VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID } = vault().env()
    const env = { AZURE_CLIENT_CERTIFICATE_PATH: VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID }
    expect((await show('environment', env)).exitCode).toBe(0)
  })

  it('with the chain, where the environment is enough', async () => {
    const { VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID } = vault().env()
    const env = { AZURE_CLIENT_CERTIFICATE_PATH: VAULT_CERTIFICATE_FILE, AZURE_CLIENT_ID }
    expect((await show('default', env)).exitCode).toBe(0)
  })

  it('with az', async () => {
    const token = await accessToken(vault().tenant, 'https://vault.azure.net/.default', 'operator')
    const answer = { accessToken: token, expires_on: Math.floor(Date.now() / 1000) + 3600 }
    const folder = join(vault().folder, 'bin')
    mkdirSync(folder)
    writeFileSync(join(folder, 'answer.json'), JSON.stringify(answer))
    writeFileSync(join(folder, 'az'), `#!/bin/sh\nexec cat ${join(folder, 'answer.json')}\n`)
    chmodSync(join(folder, 'az'), 0o755)
    const PATH = `${folder}:${dirname(process.execPath)}:/usr/bin:/bin`
    expect((await show('azure-cli', { PATH })).exitCode).toBe(0)
  })

  it('with the managed identity', async () => {
    const { identityEndpoint, identityHeader } = vault().tenant
    const env = {
      IDENTITY_ENDPOINT: identityEndpoint,
      IDENTITY_HEADER: identityHeader,
      HTTP_PROXY: undefined,
    }
    expect((await show('managed', env)).exitCode).toBe(0)
  })
})

describe('where nobody opens it, the built program tells', () => {
  it('in a line each what was tried and why it did not work', async () => {
    const { stderr, stdout, exitCode } = await show('default')
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 4 })
    const [error, ...lines] = stderr.trimEnd().split('\n')
    expect(error).toBe('error: no credential opens the vault; each was tried')
    expect(lines.pop()).toMatch(/^hint: choose who opens it: az login/)
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines) expect(line).toMatch(/^ {2}[a-z-]+: \S.{5,}$/)
  })

  it('with --verbose the whole chain', async () => {
    const { stderr } = await show('default', {}, '--verbose')
    expect(stderr).toMatch(/^> AggregateAuthenticationError: .*EnvironmentCredential.*Azure CLI/m)
  })

  it('with --json the same as a list', async () => {
    const { stderr } = await show('default', {}, '--json')
    const { error } = JSON.parse(stderr)
    expect(error).toMatchObject({ code: 'vault-signed-out', exitCode: 4 })
    expect(error.details).toContain('environment: the AZURE_* variables are not set, or not all')
  })
})
