import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signAssertion } from '../../../../../cli/auth/assertion.ts'
import { keyvault } from '../../../../../cli/auth/sources/keyvault.ts'
import { TokenCache } from '../../../../../cli/auth/token-cache.ts'
import { appError } from '../../../../support/app-error.ts'
import { certificateFor, pkcs8, rsaKeys } from '../../../../support/certificates.ts'
import { settingsFor, withVault } from '../../../../support/vault.ts'

const vault = withVault()
beforeEach(() => vault().exchanges.splice(0))
afterEach(() => vault().permitAll())

const seeded = () => vault().tenant.vaultCertificateName
const settings = (more: Record<string, string> = {}) =>
  settingsFor(keyvault.settings, vault().inputs({ certificateName: seeded(), ...more }))
const open = (more: Record<string, string> = {}, signal?: AbortSignal) =>
  keyvault.open(settings(more), vault().deps(signal ? { signal } : {}))
const data = Buffer.from('a.b')

describe('a cold call', () => {
  const sign = async () => {
    const certificate = await open()
    return signAssertion(certificate, {
      clientId: vault().tenant.client.appId,
      tokenEndpoint: vault().tenant.tokenEndpoint,
      alg: 'PS256',
    })
  }

  it('is the challenge, one read and one sign for the vault', async () => {
    await sign()
    expect(vault().wire()).toEqual([
      `GET /certificates/${seeded()} 401`,
      `GET /certificates/${seeded()} 200`,
      `POST /keys/${seeded()}/VERSION/sign 200`,
    ])
  })

  it('asks the issuer once for the vault token, though two clients use it', async () => {
    await sign()
    const tokens = vault().exchanges.filter(({ path }) => path.endsWith('/token'))
    expect(tokens).toHaveLength(1)
  })

  it('needs certificates/get and keys/sign, and nothing else', async () => {
    vault().permit({ certificates: ['get'], keys: ['sign'] })
    expect((await sign()).split('.')).toHaveLength(3)
  })
})

describe('a warm call', () => {
  const tokens = () => vault().tokens(keyvault, {}, new TokenCache(vault().folder, () => {}))

  it('makes no request at all, neither to the vault nor to the issuer', async () => {
    const first = await tokens().get()
    vault().exchanges.splice(0)
    expect(await tokens().get()).toEqual({ ...first, fromCache: true })
    expect(vault().exchanges).toEqual([])
  })
})

describe('a denial names the permission and the command that grants it', () => {
  it('for the certificate', async () => {
    vault().permit({ keys: ['sign'] })
    const { message, hint, serviceCode } = await appError('vault-refused', () => open())
    expect(message).toContain('denies "certificates get"')
    expect(hint).toMatch(
      /^grant it: az keyvault set-policy --name todo-local --object-id [0-9a-f-]{36} --certificate-permissions get$/,
    )
    expect(serviceCode).toBe('ForbiddenByPolicy')
  })

  it('for the signature', async () => {
    vault().permit({ certificates: ['get'] })
    const { sign } = await open()
    const { message, hint } = await appError('vault-refused', () => sign('PS256', data))
    expect(message).toContain('denies "keys sign"')
    expect(hint).toContain('--key-permissions sign')
  })
})

describe('the version', () => {
  it('is the latest one, also after a new one was made', async () => {
    const name = await vault().created()
    const first = await open({ certificateName: name })
    await vault().created({ name })
    const second = await open({ certificateName: name })
    expect(second.origin).not.toBe(first.origin)
    expect(second.chainPem[0]).not.toBe(first.chainPem[0])
  })

  it('is the one that is pinned', async () => {
    const name = await vault().created()
    const { origin, chainPem } = await open({ certificateName: name })
    await vault().created({ name })
    const certificateVersion = origin.split('/').at(-1) ?? ''
    expect((await open({ certificateName: name, certificateVersion })).chainPem).toEqual(chainPem)
  })

  it('is the latest enabled one where the latest is disabled', async () => {
    const name = await vault().created()
    const { origin } = await open({ certificateName: name })
    await vault().created({ name, enabled: false })
    const certificate = await open({ certificateName: name })
    expect(certificate.origin).toBe(origin)
    expect(await certificate.sign('RS256', data)).toHaveLength(256)
  })

  it('is not looked for where the identity may not list, which is told: switching the latest on may be wrong', async () => {
    const name = await vault().created()
    await vault().created({ name, enabled: false })
    vault().permit({ certificates: ['get'], keys: ['sign'] })
    const { message, hint } = await appError('vault-certificate-disabled', () =>
      open({ certificateName: name }),
    )
    expect(message).toContain(name)
    expect(hint).toContain('--certificate-permissions get list')
    expect(hint).toContain('--certificate-version')
  })

  it('tells one credential from another for the token cache', async () => {
    const identify = (more: Record<string, string>) => keyvault.identify(settings(more), vault().deps())
    const pinned = { certificateVersion: 'a'.repeat(32) }
    expect(await identify(pinned)).not.toBe(await identify({}))
    expect(await identify({ vaultMode: 'export' })).not.toBe(await identify({}))
  })

  it.each(['1', 'latest', 'g'.repeat(32), ''])('can not be %j', async (certificateVersion) => {
    await appError('setting-invalid', () => settings({ certificateVersion }))
  })
})

describe('refused is', () => {
  it.each([
    ['sign', 'expired', { from: -9, until: -1 }, 'certificate-expired'],
    ['sign', 'of the future', { from: 2, until: 9 }, 'certificate-not-yet-valid'],
    ['export', 'expired', { from: -9, until: -1 }, 'certificate-expired'],
    ['export', 'of the future', { from: 2, until: 9 }, 'certificate-not-yet-valid'],
  ] as const)(
    'with --vault-mode %s a certificate that is %s, before it is used',
    async (vaultMode, _, dates, code) => {
      const keys = await rsaKeys()
      const pem = Buffer.from(pkcs8(keys.privateKey) + certificateFor(keys, dates))
      const policy = { contentType: 'application/x-pem-file' as const }
      const certificateName = `dates-${vaultMode}-${code}`
      await (await vault().client()).importCertificate(certificateName, pem, { policy })
      await appError(code, () => open({ certificateName, vaultMode }))
    },
  )

  it('a certificate whose key is for encryption only', async () => {
    const certificateName = await vault().created({ keyUsage: ['keyEncipherment'] })
    const { sign } = await open({ certificateName })
    const { message } = await appError('vault-refused', () => sign('PS256', data))
    expect(message).toContain('is not for signatures')
  })

  it('a certificate that is not complete yet', async () => {
    const client = await vault().client()
    const policy = { issuerName: 'Unknown', subject: 'CN=pending' }
    await client.beginCreateCertificate('incomplete', policy, { intervalInMs: 20 })
    const { message } = await appError('vault-certificate-missing', () =>
      open({ certificateName: 'incomplete' }),
    )
    expect(message).toContain('is not complete yet')
  })
})

describe('Ctrl-C', () => {
  it('ends the wait for the vault', async () => {
    const interrupt = new AbortController()
    const opening = open({}, interrupt.signal)
    interrupt.abort()
    await appError('interrupted', () => opening)
  })

  it('ends a signature', async () => {
    const interrupt = new AbortController()
    const { sign } = await open({}, interrupt.signal)
    interrupt.abort()
    await appError('interrupted', () => sign('PS256', data))
  })
})
