import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClientAssertions } from '../../../../cli/auth/client-assertion.ts'
import { disk } from '../../../../cli/auth/sources/disk.ts'
import { keyvault } from '../../../../cli/auth/sources/keyvault.ts'
import type { CertificateSource } from '../../../../cli/auth/sources/source.ts'
import { AppError } from '../../../../core/errors.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, type KeyPair, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { settingsFor, withVault } from '../../../support/vault.ts'

const vault = withVault()
let keys: KeyPair
beforeAll(async () => {
  keys = await rsaKeys()
})
beforeEach(() => {
  vault().exchanges.splice(0)
  vault().lines.splice(0)
})

const ENDPOINT = 'https://login.example/token'
const CLIENT = '11111111-2222-3333-4444-555555555555'
const unregistered = (until = 365) => pkcs8(keys.privateKey) + certificateFor(keys, { until })
const file = (name: string, pem: string) => {
  const path = join(vault().folder, name)
  writeFileSync(path, pem, { mode: 0o600 })
  return path
}
const inputs = (more: Record<string, string>) =>
  vault().inputs({ certificateName: vault().tenant.vaultCertificateName, ...more })
const assertions = (source: CertificateSource, more: Record<string, string> = {}) =>
  createClientAssertions(CLIENT, source, settingsFor(source.settings, inputs(more)), vault().deps())
/** Runs `action` as soon as the tenant has refused a token request, before the client has its answer. */
const onRefusal = (action: () => void) => {
  const { exchanges } = vault()
  const push = exchanges.push.bind(exchanges)
  exchanges.push = (...records) => {
    const refused = records.some(({ path, status }) => path.endsWith('/token') && status === 401)
    if (refused) {
      exchanges.push = push
      action()
    }
    return push(...records)
  }
}
const tokenRequests = () =>
  vault()
    .exchanges.filter(({ service, path }) => service === 'issuer' && path.endsWith('/token'))
    .map(({ status }) => status)
const refusal = (code: string) => new AppError('issuer-refused', 'no', { serviceCode: code })

describe('an assertion', () => {
  it('is signed once for its lifetime, in the vault', async () => {
    const signer = assertions(keyvault)
    const first = await signer.sign(ENDPOINT)
    expect(await signer.sign(ENDPOINT)).toBe(first)
    expect(
      vault()
        .wire()
        .filter((line) => line.includes('/sign')),
    ).toHaveLength(1)
  })

  it('is signed once where two ask at the same time', async () => {
    const signer = assertions(keyvault)
    const [one, other] = await Promise.all([signer.sign(ENDPOINT), signer.sign(ENDPOINT)])
    expect(one.assertion).toBe(other.assertion)
  })

  it('is another one for another token endpoint', async () => {
    const signer = assertions(keyvault)
    const other = `${ENDPOINT}/other`
    expect(decodeJwt((await signer.sign(other)).assertion).aud).toBe(other)
    expect(decodeJwt((await signer.sign(ENDPOINT)).assertion).aud).toBe(ENDPOINT)
  })

  it.each([
    ['PS256', 'x5t#S256'],
    ['RS256', 'x5t'],
  ])('is signed with %s and carries %s where that is set', async (assertionAlg, thumbprint) => {
    const { assertion } = await assertions(keyvault, { assertionAlg }).sign(ENDPOINT)
    expect(Object.keys(decodeProtectedHeader(assertion))).toEqual(['alg', 'typ', thumbprint])
    expect(decodeProtectedHeader(assertion).alg).toBe(assertionAlg)
  })

  it('that failed is tried again the next time', async () => {
    const path = file('later.pem', '')
    const signer = assertions(disk, { certificateFile: path })
    await appError('certificate-empty', () => signer.sign(ENDPOINT))
    file('later.pem', unregistered())
    expect((await signer.sign(ENDPOINT)).origin).toBe(path)
  })
})

describe('after a refusal of the issuer', () => {
  it.each(['700027', '700024', '7000214', '1000502', '7000274', '7000277'])(
    'with AADSTS%s the certificate is read again, and worth a try if it is another one',
    async (code) => {
      const signer = assertions(disk, { certificateFile: file('renew.pem', unregistered()) })
      const { assertion } = await signer.sign(ENDPOINT)
      expect(await signer.renew(refusal(`AADSTS${code}`))).toBe(false)
      file('renew.pem', unregistered(300))
      expect(await signer.renew(refusal(`AADSTS${code}`))).toBe(true)
      expect((await signer.sign(ENDPOINT)).assertion).not.toBe(assertion)
    },
  )

  it.each(['AADSTS7000215', 'AADSTS700016', 'AADSTS90002', 'invalid_client', ''])(
    'with %j it is not read again',
    async (code) => {
      const signer = assertions(disk, { certificateFile: file('other.pem', unregistered()) })
      await signer.sign(ENDPOINT)
      file('other.pem', unregistered(300))
      expect(await signer.renew(refusal(code))).toBe(false)
    },
  )

  it('and a certificate that has gone meanwhile, the refusal stays what is told', async () => {
    const signer = assertions(disk, { certificateFile: file('gone.pem', unregistered()) })
    await signer.sign(ENDPOINT)
    file('gone.pem', '')
    expect(await signer.renew(refusal('AADSTS700027'))).toBe(false)
  })

  it('the file that was replaced meanwhile gets the token', async () => {
    const registered = file('registered.pem', vault().tenant.client.certificatePem)
    const path = file('daemon.pem', unregistered())
    onRefusal(() => copyFileSync(registered, path))
    const { token } = await vault().tokens(disk, { certificateFile: path }).get()
    expect(token).toMatch(/^eyJ/)
    expect(tokenRequests()).toEqual([401, 200])
  })

  it('the file that is the same is not tried again', async () => {
    const path = file('same.pem', unregistered())
    const { serviceCode } = await appError('issuer-refused', () =>
      vault().tokens(disk, { certificateFile: path }).get(),
    )
    expect(serviceCode).toBe('AADSTS700027')
    expect(tokenRequests()).toEqual([401])
  })

  it('the version in the vault that is the same is read once more, not tried again', async () => {
    const certificateName = await vault().created()
    vault().exchanges.splice(0)
    await appError('issuer-refused', () => vault().tokens(keyvault, { certificateName }).get())
    expect(
      vault()
        .wire()
        .filter((line) => line.startsWith('GET /certificates') && line.endsWith('200')),
    ).toHaveLength(2)
    expect(
      vault()
        .wire()
        .filter((line) => line.includes('/sign')),
    ).toHaveLength(1)
  })

  it('a new version in the vault is tried once, and its own refusal is told', async () => {
    const name = await vault().created()
    const first = await keyvault.open(
      settingsFor(keyvault.settings, inputs({ certificateName: name })),
      vault().deps(),
    )
    const opened = [first]
    const source: CertificateSource = {
      ...keyvault,
      open: async (...args) => opened.shift() ?? keyvault.open(...args),
    }
    await vault().created({ name })
    vault().exchanges.splice(0)
    await appError('issuer-refused', () => vault().tokens(source, { certificateName: name }).get())
    expect(
      vault().exchanges.filter(({ service, status }) => service === 'issuer' && status === 401),
    ).toHaveLength(2)
    expect(vault().lines).toContain('another certificate is in its place by now: once more with that')
  })
})
