import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keyvault } from '../../../../../cli/auth/sources/keyvault.ts'
import { sourceContract } from '../../../../contract/source.ts'
import { appError } from '../../../../support/app-error.ts'
import { settingsFor, withVault } from '../../../../support/vault.ts'

const vault = withVault()
const names = { pfx: '', pem: '' }
beforeAll(async () => {
  names.pfx = await vault().created({ exportable: true, contentType: 'application/x-pkcs12' })
  names.pem = await vault().created({ exportable: true, contentType: 'application/x-pem-file' })
})
beforeEach(() => {
  vault().permit({ secrets: ['get'] })
  vault().exchanges.splice(0)
})
afterEach(() => vault().permitAll())

const at = (certificateName: string, more = {}) =>
  vault().inputs({ certificateName, vaultMode: 'export', ...more })
const open = (certificateName: string, more = {}) =>
  keyvault.open(settingsFor(keyvault.settings, at(certificateName, more)), vault().deps())

// With secrets/get and nothing else: `beforeEach` above holds for the contract's tests, too.
sourceContract('keyvault, export mode', () => ({
  source: keyvault,
  caPem: () => vault().tenant.caPem,
  good: () => at(names.pfx),
  another: () => at(names.pem),
  refused: () => [
    { what: 'one that is not there', code: 'vault-certificate-missing', inputs: at('nope') },
    {
      what: 'a key that may not leave the vault',
      code: 'certificate-no-key',
      inputs: at(vault().tenant.vaultCertificateName),
    },
  ],
  requests: () => vault().exchanges.length,
  secrets: () => [vault().tenant.operator.certificatePem.split('\n')[5] ?? ''],
}))

describe('export mode', () => {
  it('reads the secret once, and signs without the vault', async () => {
    const { sign } = await open(names.pfx)
    await sign('PS256', Buffer.from('a'))
    await sign('PS256', Buffer.from('b'))
    expect(vault().wire()).toEqual([`GET /secrets/${names.pfx} 401`, `GET /secrets/${names.pfx} 200`])
  })

  it('reads the version that is pinned', async () => {
    const first = await open(names.pem)
    const certificateVersion = first.origin.split('/').at(-1) ?? ''
    vault().permitAll()
    await vault().created({ name: names.pem, exportable: true, contentType: 'application/x-pem-file' })
    expect((await open(names.pem)).chainPem).not.toEqual(first.chainPem)
    expect((await open(names.pem, { certificateVersion })).chainPem).toEqual(first.chainPem)
  })

  it('names the missing permission, which certificates/get does not give', async () => {
    vault().permit({ certificates: ['get'], keys: ['sign'] })
    const { message, hint } = await appError('vault-refused', () => open(names.pfx))
    expect(message).toContain('denies "secrets get"')
    expect(hint).toContain('--secret-permissions get')
  })

  it('says of a key that may not leave the vault to let the vault sign, and how another may', async () => {
    const { hint } = await appError('certificate-no-key', () => open(vault().tenant.vaultCertificateName))
    expect(hint).toMatch(/--vault-mode sign; .*--exportable/)
  })

  it('tells a disabled one', async () => {
    vault().permitAll()
    const name = await vault().created({ exportable: true, enabled: false })
    await appError('vault-certificate-disabled', () => open(name))
  })

  it.each(['download', 'Sign', ''])('is no mode named %j', async (vaultMode) => {
    await appError('setting-invalid', () => open(names.pfx, { vaultMode }))
  })
})
