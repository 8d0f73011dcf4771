import { createPrivateKey } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import type { ErrorCode } from '../../../../core/errors.ts'
import { writePfx } from '../../../../core/forge/pkcs12-writer.ts'
import { appError } from '../../../support/app-error.ts'
import { certificateFor, derOf, pkcs8, rsaKeys } from '../../../support/certificates.ts'
import { certificateOf, claimsOf } from '../../../support/tenant-client.ts'
import { settingsFor, withVault } from '../../../support/vault.ts'

const vault = withVault()
const SCOPE = 'https://vault.azure.net/.default'

const origin = () => new URL(vault().tenant.authority).origin
const open = async (
  flags: Record<string, string>,
  env: Record<string, string> = {},
  signal?: AbortSignal,
) => {
  const settings = settingsFor(VAULT_SETTINGS, { flags: vault().flags(flags), env })
  return vaultCredential(settings, { ...vault().deps(signal ? { signal } : {}), timeoutMs: 10_000 })
}
const token = async (...args: Parameters<typeof open>) =>
  (await (await open(...args)).getToken(SCOPE))?.token ?? ''

/** Asks with an environment of `env` alone: @azure/identity reads that of its process, which is this file's own. */
const inEnv = async (vaultAuth: string, env: Record<string, string> = {}, scope = SCOPE) => {
  for (const name of Object.keys(process.env))
    if (/^(AZURE|IDENTITY|MSI|IMDS)_/.test(name)) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const settings = settingsFor(VAULT_SETTINGS, {
    flags: { vaultAuth, vaultAuthorityHost: origin() },
    env: process.env,
  })
  const credential = await vaultCredential(settings, { ...vault().deps(), timeoutMs: 10_000 })
  return (await credential.getToken(scope))?.token ?? ''
}
const signedOut = (...args: Parameters<typeof inEnv>) => appError('vault-signed-out', () => inEnv(...args))
afterEach(() => vi.unstubAllEnvs())
const asClient = () => ({
  AZURE_TENANT_ID: vault().tenant.tenantId,
  AZURE_CLIENT_ID: vault().tenant.client.appId,
})
const write = (name: string, data: string | Buffer, mode = 0o600) => {
  const path = join(vault().folder, name)
  writeFileSync(path, data, { mode })
  return path
}

describe('--vault-auth certificate', () => {
  it('opens the vault with a PEM file', async () => {
    expect(claimsOf(await token({}))).toMatchObject({
      appid: vault().tenant.operator.appId,
      aud: SCOPE.slice(0, -9),
    })
  })

  it('opens it with an encrypted key, which has its passphrase in a variable', async () => {
    const { certificatePem } = vault().tenant.operator
    const encrypted = pkcs8(createPrivateKey(certificatePem), 'open sesame') + certificateOf(certificatePem)
    const vaultCertificateFile = write('encrypted.pem', encrypted)
    const env = { AZURE_CLIENT_CERTIFICATE_PASSWORD: 'open sesame' }
    expect(await token({ vaultCertificateFile }, env)).toMatch(/^eyJ/)
    await appError('certificate-passphrase-missing', () => token({ vaultCertificateFile }))
  })

  it('opens it with a PFX file, which @azure/identity does not read', async () => {
    const { certificatePem } = vault().tenant.operator
    const pfx = writePfx({
      certificates: [derOf(certificateOf(certificatePem))],
      key: createPrivateKey(certificatePem).export({ type: 'pkcs8', format: 'der' }),
      passphrase: 'open sesame',
      friendlyName: 'operator',
    })
    const env = { AZURE_CLIENT_CERTIFICATE_PASSWORD: 'open sesame' }
    expect(await token({ vaultCertificateFile: write('operator.pfx', pfx) }, env)).toMatch(/^eyJ/)
  })

  it('warns where other users may read the key', async () => {
    vault().lines.splice(0)
    const path = write('open.pem', vault().tenant.operator.certificatePem)
    chmodSync(path, 0o644)
    await token({ vaultCertificateFile: path })
    expect(vault().lines).toContain(
      `${path} holds a private key and can be read by other users: chmod 600 ${path}`,
    )
  })

  it('does not send a certificate that has expired', async () => {
    const keys = await rsaKeys()
    const path = write('expired.pem', pkcs8(keys.privateKey) + certificateFor(keys, { from: -9, until: -1 }))
    vault().exchanges.splice(0)
    await appError('certificate-expired', () => token({ vaultCertificateFile: path }))
    expect(vault().exchanges).toEqual([])
  })

  it.each<[string, ErrorCode]>([
    ['', 'certificate-empty'],
    ['text', 'certificate-not-recognised'],
  ])('says what is wrong with the file %j', async (text, code) => {
    await appError(code, () => token({ vaultCertificateFile: write('bad.pem', text) }))
  })

  it('says that the file is not there', async () => {
    await appError('certificate-missing', () => token({ vaultCertificateFile: join(vault().folder, 'none') }))
  })

  it.each(['vaultTenantId', 'vaultClientId', 'vaultCertificateFile'])('names the missing %s', async (key) => {
    const { message } = await appError('setting-missing', () => {
      const { [key]: _, ...flags } = vault().flags()
      const settings = settingsFor(VAULT_SETTINGS, { flags, env: {} })
      return vaultCredential(settings, { ...vault().deps(), timeoutMs: 1 })
    })
    expect(message).toContain(key)
  })

  it('tells what the issuer says', async () => {
    const { message, hint, serviceCode } = await appError('vault-signed-out', () =>
      token({ vaultClientId: vault().tenant.client.appId }),
    )
    expect(message).toContain('AADSTS700027')
    expect(hint).toContain('registered with that client')
    expect(serviceCode).toBe('AADSTS700027')
  })

  it('says in our words that there is no such tenant, of which MSAL says a word for machines', async () => {
    const error = await appError('vault-signed-out', () => token({ vaultTenantId: 'nowhere.example' }))
    expect([error.message, ...error.details].join()).toMatch(/does not know the tenant|no such tenant/)
    expect([error.message, ...error.details].join()).not.toContain('endpoints_resolution_error')
    expect(error.hint).toContain('AZURE_TENANT_ID')
  })

  it('tells that the issuer can not be reached, and asks it once', async () => {
    vault().lines.splice(0)
    const vaultAuthorityHost = 'https://localhost:1'
    const { message } = await appError('issuer-unreachable', () => token({ vaultAuthorityHost }))
    expect(message).toContain('nothing listens there')
    expect(vault().lines).toHaveLength(1)
  })

  it('tells that the CA of the issuer is not trusted', async () => {
    const settings = settingsFor(VAULT_SETTINGS, vault().inputs())
    const deps = { ...vault().deps({ caPem: undefined }), timeoutMs: 10_000 }
    await appError('tls-untrusted', async () => (await vaultCredential(settings, deps)).getToken(SCOPE))
  })

  it('asks once where several clients ask at the same time, and keeps the token', async () => {
    const credential = await open({})
    vault().exchanges.splice(0)
    const tokens = await Promise.all([credential.getToken(SCOPE), credential.getToken(SCOPE)])
    expect(tokens[0]?.token).toBe(tokens[1]?.token)
    await credential.getToken(SCOPE)
    expect(vault().exchanges.filter(({ path }) => path.endsWith('/token'))).toHaveLength(1)
  })

  it('asks again after a failure', async () => {
    const credential = await open({ vaultClientId: vault().tenant.client.appId })
    await appError('vault-signed-out', () => credential.getToken(SCOPE))
    await appError('vault-signed-out', () => credential.getToken(SCOPE))
  })

  it('stops at Ctrl-C', async () => {
    const interrupt = new AbortController()
    const asked = token({}, {}, interrupt.signal)
    interrupt.abort()
    await appError('interrupted', () => asked)
  })
})

describe('--vault-auth environment', () => {
  it('opens the vault with a secret', async () => {
    const env = { ...asClient(), AZURE_CLIENT_SECRET: vault().tenant.client.secret }
    expect(claimsOf(await inEnv('environment', env))).toMatchObject({ appid: vault().tenant.client.appId })
  })

  it('opens it with a certificate', async () => {
    const { appId, certificatePem } = vault().tenant.operator
    const AZURE_CLIENT_CERTIFICATE_PATH = write('env.pem', certificatePem)
    const env = { ...asClient(), AZURE_CLIENT_ID: appId, AZURE_CLIENT_CERTIFICATE_PATH }
    expect(claimsOf(await inEnv('environment', env))).toMatchObject({ appid: appId })
  })

  it('says which variables are needed', async () => {
    const { hint, details } = await signedOut('environment')
    expect(hint).toContain('set AZURE_TENANT_ID and AZURE_CLIENT_ID')
    expect(details).toEqual(['environment: the AZURE_* variables are not set, or not all'])
  })

  it('says that the secret is wrong, without showing it', async () => {
    const error = await signedOut('environment', { ...asClient(), AZURE_CLIENT_SECRET: 'wrong-secret' })
    expect(error.serviceCode).toBe('AADSTS7000215')
    expect(`${error.message}${error.hint}${error.details}`).not.toContain('wrong-secret')
  })
})

describe('--vault-auth azure-cli', () => {
  /** A program named az, which is really started. */
  const az = (name: string, script: string) => {
    const folder = join(vault().folder, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'az'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, 'az'), 0o755)
    return { PATH: `${folder}:/usr/bin:/bin` }
  }

  it('opens the vault with the token that az prints', async () => {
    const printed = JSON.stringify({ accessToken: 'of-az', expires_on: Math.floor(Date.now() / 1000) + 3600 })
    const env = az('in', `test "$1 $2" = "account get-access-token" && echo '${printed}'`)
    expect(await inEnv('azure-cli', env)).toBe('of-az')
  })

  it('says to sign in', async () => {
    const env = az('out', `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`)
    const { hint, details } = await signedOut('azure-cli', env)
    expect(hint).toBe('sign in: az login')
    expect(details[0]).toMatch(/^azure-cli: Please run 'az login'/)
  })

  it('says that az is not installed', async () => {
    const { details } = await signedOut('azure-cli', { PATH: vault().folder })
    expect(details).toEqual(['azure-cli: Azure CLI could not be found'])
  })
})

describe('--vault-auth workload', () => {
  const withToken = (AZURE_FEDERATED_TOKEN_FILE: string) => ({ ...asClient(), AZURE_FEDERATED_TOKEN_FILE })

  it('names the missing token file', async () => {
    const { message } = await appError('setting-missing', () => inEnv('workload', asClient()))
    expect(message).toContain('vaultFederatedTokenFile')
  })

  it('says that the token file can not be read', async () => {
    const { details } = await signedOut('workload', withToken(join(vault().folder, 'none')))
    expect(details).toHaveLength(1)
  })

  it('tells what the issuer says of a token that it does not know', async () => {
    const file = write('token', 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA')
    expect((await signedOut('workload', withToken(file))).serviceCode).toMatch(/^AADSTS/)
  })
})

describe('--vault-auth default', () => {
  it('takes the first that works', async () => {
    const env = { ...asClient(), AZURE_CLIENT_SECRET: vault().tenant.client.secret }
    expect(await inEnv('default', env)).toMatch(/^eyJ/)
  })

  it('stops at an identity that the issuer refuses, and says why', async () => {
    const { serviceCode } = await signedOut('default', { ...asClient(), AZURE_CLIENT_SECRET: 'wrong' })
    expect(serviceCode).toBe('AADSTS7000215')
  })

  it('tells of each that was tried why it did not, in a line each', async () => {
    const { details, hint, cause } = await signedOut('default', {
      PATH: vault().folder,
      // Where the metadata service of a virtual machine would be asked, nothing listens.
      HTTP_PROXY: 'http://127.0.0.1:1',
    })
    const names = details.map((line) => line.split(':')[0])
    for (const name of ['environment', 'managed', 'azure-cli']) expect(names).toContain(name)
    expect(names).not.toContain('credential')
    for (const line of details) expect(line).toMatch(/^[a-z-]+: \S.{5,200}$/)
    expect(hint).toContain('az login')
    expect(cause).toMatchObject({ name: 'AggregateAuthenticationError' })
  })

  it('is what is used where nothing is said', () => {
    expect(settingsFor(VAULT_SETTINGS, { flags: {}, env: {} }).get('vaultAuth')).toBe('default')
  })
})

describe('--vault-auth', () => {
  it.each(['password', 'Certificate', 'none'])('is never %s', async (vaultAuth) => {
    await appError('setting-invalid', () => open({ vaultAuth }))
  })
})
