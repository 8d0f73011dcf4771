import { afterEach, describe, expect, it, vi } from 'vitest'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { appError } from '../../../support/app-error.ts'
import { withTenant } from '../../../support/tenant.ts'
import { claimsOf } from '../../../support/tenant-client.ts'
import { settingsFor } from '../../../support/vault.ts'

const tenant = withTenant()

/** A token with the variables that App Service sets, and `more`. */
const inEnv = async (more: Record<string, string> = {}) => {
  const { identityEndpoint, identityHeader, caPem } = tenant()
  for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, undefined)
  vi.stubEnv('IDENTITY_ENDPOINT', identityEndpoint)
  vi.stubEnv('IDENTITY_HEADER', identityHeader)
  const settings = settingsFor(VAULT_SETTINGS, { flags: { vaultAuth: 'managed' }, env: more })
  const { signal } = new AbortController()
  const deps = { caPem, timeoutMs: 10_000, signal, warn: () => {}, trace: () => {} }
  const credential = await vaultCredential(settings, deps)
  return (await credential.getToken('https://vault.azure.net/.default'))?.token ?? ''
}
afterEach(() => vi.unstubAllEnvs())

// The refusal comes first: MSAL keeps the tokens of managed identities for the whole process.
describe('--vault-auth managed', () => {
  it('says that another identity than its own is refused, without the header', async () => {
    const other = { AZURE_CLIENT_ID: '5d0e3a6e-32c5-4b0f-9d21-6d1f0a8a7f10' }
    const { hint, message, details } = await appError('vault-signed-out', () => inEnv(other))
    expect(hint).toContain('managed identity')
    expect(details).toEqual(['managed: this machine has no managed identity, or it was refused'])
    expect(message).not.toContain(tenant().identityHeader)
  })

  it('opens the vault with the token of the identity endpoint', async () => {
    expect(claimsOf(await inEnv())).toMatchObject({ aud: 'https://vault.azure.net', tid: tenant().tenantId })
  })
})
