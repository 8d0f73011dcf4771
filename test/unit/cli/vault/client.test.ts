import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vaultOptions } from '../../../../cli/vault/client.ts'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'
import { settingsFor, withVault } from '../../../support/vault.ts'

const deps = { caPem: undefined, timeoutMs: 1000, trace: () => {} }

describe('what loopback needs', () => {
  it.each(['https://localhost:8443', 'https://127.0.0.1', 'https://[::1]:1'])(
    'is allowed for the vault %s: no public name to check the challenge against',
    async (url) => {
      expect((await vaultOptions(url, deps)).disableChallengeResourceVerification).toBe(true)
    },
  )

  it.each([
    'https://contoso.vault.azure.net',
    'https://localhost.example',
    'https://127.0.0.1.example',
    'https://10.0.0.1',
    'https://vault.localhost',
  ])('is not allowed for the vault %s', async (url) => {
    expect((await vaultOptions(url, deps)).disableChallengeResourceVerification).toBe(false)
  })

  describe('of the authority', () => {
    const vault = withVault()
    let proxy: ConnectProxy
    beforeAll(async () => {
      proxy = await startConnectProxy(() => undefined)
    })
    afterAll(() => proxy.close())

    it('is not allowed for another host: the cloud is asked whether it knows it', async () => {
      const flags = vault().flags({ vaultAuthorityHost: 'https://login.example' })
      const settings = settingsFor(VAULT_SETTINGS, { flags, env: {} })
      const proxied = { ...vault().deps({ proxyEnv: { HTTPS_PROXY: proxy.url } }), timeoutMs: 10_000 }
      const credential = await vaultCredential(settings, proxied)
      await expect(credential.getToken('https://vault.azure.net/.default')).rejects.toMatchObject({
        name: 'AppError',
      })
      expect(proxy.asked[0]).toMatch(/^login\.microsoft(online)?\.com:443$/)
    })
  })
})
