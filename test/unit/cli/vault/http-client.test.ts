import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readVaultCertificate } from '../../../../cli/vault/certificates.ts'
import { vaultAccess } from '../../../../cli/vault/client.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { appError } from '../../../support/app-error.ts'
import { type ConnectProxy, startConnectProxy } from '../../../support/connect-proxy.ts'
import { vaultError, withStubVault } from '../../../support/stub-vault.ts'
import { settingsFor, withVault } from '../../../support/vault.ts'

const vault = withVault()
const stub = withStubVault()
const never = new AbortController().signal

describe('a proxy', () => {
  let proxy: ConnectProxy
  beforeAll(async () => {
    proxy = await startConnectProxy(() => undefined)
  })
  afterAll(() => proxy.close())
  beforeEach(() => void proxy.asked.splice(0))

  const read = async (proxyEnv: Record<string, string>) => {
    const settings = settingsFor(VAULT_SETTINGS, vault().inputs())
    const access = await vaultAccess(settings, vault().deps({ proxyEnv }))
    return readVaultCertificate(access, { name: vault().tenant.vaultCertificateName }, never)
  }

  it('is where vault and issuer are asked for, and its refusal is told', async () => {
    const { message } = await appError('vault-unreachable', () => read({ HTTPS_PROXY: proxy.url }))
    expect(message).toContain('proxy')
    expect(proxy.asked).toEqual([new URL(vault().tenant.vaultUrl).host])
  })

  it('is not for what NO_PROXY names', async () => {
    await read({ HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' })
    expect(proxy.asked).toEqual([])
  })

  it('of HTTP_PROXY is not for https, as everywhere but in the clients of Azure', async () => {
    await read({ HTTP_PROXY: proxy.url })
    expect(proxy.asked).toEqual([])
  })
})

describe('a proxy that leads to the vault', () => {
  it('is used with the CAs that were named', async () => {
    const { port } = new URL(vault().tenant.vaultUrl)
    const ports = [Number(port), Number(new URL(vault().tenant.authority).port)]
    const proxy = await startConnectProxy(() => ports.shift())
    const settings = settingsFor(VAULT_SETTINGS, vault().inputs())
    const deps = vault().deps({ proxyEnv: { HTTPS_PROXY: proxy.url } })
    const access = await vaultAccess(settings, deps)
    const found = await readVaultCertificate(access, { name: vault().tenant.vaultCertificateName }, never)
    expect(found.leaf.subject).toBe('CN=todo-daemon')
    expect(proxy.asked).toHaveLength(2)
    await proxy.close()
  })
})

describe('a vault that fails for a moment', () => {
  beforeEach(() => void stub().traced.splice(0))
  const read = async () => readVaultCertificate(await stub().access(), { name: 'daemon' }, never)
  /** Answers with each in turn, and then that there is no such certificate. */
  const answers = (...list: ((...args: Parameters<ReturnType<typeof vaultError>>) => void)[]) => {
    stub().answer = (request, response) =>
      (list.shift() ?? vaultError(404, 'CertificateNotFound', 'none'))(request, response)
  }

  it.each([500, 503])('with %i is asked again', async (status) => {
    answers(vaultError(status, 'x', 'x'))
    await appError('vault-certificate-missing', read)
    expect(stub().traced).toEqual(['GET 401', `GET ${status}`, 'GET 404'])
  })

  it('by cutting the connection is asked again', async () => {
    answers((request) => request.socket.destroy())
    await appError('vault-certificate-missing', read)
    expect(stub().traced).toEqual(['GET 401', 'GET failed: ECONNRESET', 'GET 404'])
  })

  it('with 429 is asked again when it says', async () => {
    answers(vaultError(429, 'Throttled', 'x', undefined, { 'retry-after': '0' }))
    await appError('vault-certificate-missing', read)
    expect(stub().traced).toEqual(['GET 401', 'GET 429', 'GET 404'])
  })

  it('is told when it fails three times', async () => {
    answers(...[500, 500, 500].map((status) => vaultError(status, 'x', 'x')))
    const { message } = await appError('vault-unreachable', read)
    expect(message).toContain('answers 500')
    expect(stub().traced).toHaveLength(4)
  })
})

describe('the challenge', () => {
  it('is asked for once, whatever the number of clients', async () => {
    const { vaultUrl, credential, options } = await vault().access()
    const { CertificateClient } = await import('@azure/keyvault-certificates')
    const name = vault().tenant.vaultCertificateName
    vault().exchanges.splice(0)
    for (let clients = 0; clients < 3; clients += 1)
      await new CertificateClient(vaultUrl, credential, options).getCertificate(name)
    expect(
      vault()
        .wire()
        .filter((line) => line.endsWith('401')),
    ).toHaveLength(1)
  })
})
