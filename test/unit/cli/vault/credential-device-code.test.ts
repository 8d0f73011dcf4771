import { describe, expect, it } from 'vitest'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { appError } from '../../../support/app-error.ts'
import { visit } from '../../../support/device-page.ts'
import { withTenant } from '../../../support/tenant.ts'
import { claimsOf } from '../../../support/tenant-client.ts'
import { settingsFor } from '../../../support/vault.ts'

const tenant = withTenant()

/** Signs in, and decides on the page that the user is sent to, as soon as that is told. */
const signIn = async (decide: (page: string, code: string) => void) => {
  const { authority, publicClient, tenantId, caPem } = tenant()
  const flags = {
    vaultAuth: 'device-code',
    vaultAuthorityHost: new URL(authority).origin,
    vaultClientId: publicClient.appId,
    vaultTenantId: tenantId,
  }
  const warn = (line: string) => {
    const [page = ''] = /http:\S+/.exec(line) ?? []
    decide(page, /code (\w+)/.exec(line)?.[1] ?? '')
  }
  const interrupt = new AbortController()
  const deps = { caPem, timeoutMs: 10_000, signal: interrupt.signal, warn, trace: () => {} }
  const credential = await vaultCredential(settingsFor(VAULT_SETTINGS, { flags, env: {} }), deps)
  const asked = credential.getToken('https://vault.azure.net/.default')
  return { asked, interrupt }
}

// MSAL asks every five seconds, as the issuer says, so both wait at the same time.
describe.concurrent('--vault-auth device-code', () => {
  it('tells the user where to sign in, and opens the vault for who did', async () => {
    const { asked } = await signIn((page, code) => void visit(page, code))
    const { token = '' } = (await asked) ?? {}
    expect(claimsOf(token)).toMatchObject({ aud: 'https://vault.azure.net', scp: expect.any(String) })
  })

  it('says so where the user denied it', async () => {
    const { asked } = await signIn((page, code) => void visit(page, code, { decision: 'deny' }))
    const { hint } = await appError('vault-signed-out', () => asked)
    expect(hint).toBeTruthy()
  })

  it('ends at Ctrl-C while it waits', async () => {
    const told = Promise.withResolvers<void>()
    const { asked, interrupt } = await signIn(() => told.resolve())
    const refused = appError('interrupted', () => asked)
    await told.promise
    interrupt.abort()
    await refused
  })
})
