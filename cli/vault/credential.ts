/** Who opens the vault (and calls Graph): a credential of @azure/identity, chosen by `--vault-auth`. */
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { AccessToken, TokenCredential } from '@azure/identity'
import { assertUsable, loadCertificate } from '../../core/certificate.ts'
import { AppError } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import type { Agents, AgentsOptions } from '../agents.ts'
import { expiryWarning } from '../expiry-warning.ts'
import { othersMayRead } from '../files.ts'
import { readCertificateFile } from '../read-certificate-file.ts'
import type { SettingValues } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { credentialError } from './credential-error.ts'
import { azureHttpClient, RETRIES } from './http-client.ts'
import { VAULT_AUTH, type VaultAuth } from './settings.ts'

export interface CredentialDeps extends AgentsOptions {
  /** The connections, where others use them, too. */
  readonly agents?: Agents | undefined
  /** The longest that one request may take, in milliseconds. */
  readonly timeoutMs: number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** One line for the user: where to sign in with a device code. */
  warn(line: string): void
  trace(line: string): void
}

/**
 * `disableInstanceDiscovery` is for the local tenant, which no cloud vouches for: set for loopback and for no other host.
 *
 * The credential keeps its tokens for the process, asks once where several clients ask at the same time, and throws
 * AppError only: `vault-signed-out`, `issuer-unreachable`, `tls-untrusted`, `interrupted`.
 *
 * @throws AppError `setting-missing`, or a `certificate-…` code for a bad file
 */
export async function vaultCredential(
  settings: SettingValues,
  deps: CredentialDeps,
): Promise<TokenCredential> {
  const method = VAULT_AUTH.find((word) => word === settings.need('vaultAuth')) ?? 'default'
  const authorityHost = settings.need('vaultAuthorityHost')
  const witness = witnessing(await azureHttpClient({ service: 'issuer', ...deps }), authorityHost)
  const common: CommonOptions = {
    authorityHost,
    disableInstanceDiscovery: isLoopbackHost(new URL(authorityHost).hostname),
    retryOptions: RETRIES,
    httpClient: witness.httpClient,
  }
  const inner = await make(method, settings, common, deps)
  const tokens = new Map<string, Promise<AccessToken>>()
  const ask = async (...args: Parameters<TokenCredential['getToken']>): Promise<AccessToken> => {
    try {
      const token = await abortable(inner.getToken(...args), deps.signal)
      if (token) return token
      throw new TypeError('no credential could be used')
    } catch (error) {
      throw credentialError(error, { method, failure: witness.failure(), signal: deps.signal })
    }
  }
  return {
    async getToken(scopes, options = {}) {
      const key = JSON.stringify([scopes, options.tenantId, options.claims])
      const known = tokens.get(key)
      const token = await known
      if (token && token.expiresOnTimestamp - Date.now() > MARGIN) return token
      // Another may have asked while this one looked.
      const other = tokens.get(key)
      if (other !== undefined && other !== known) return other
      const asked = ask(scopes, options)
      tokens.set(key, asked)
      asked.catch(() => tokens.delete(key))
      return asked
    },
  }
}

/** A token is asked for anew in the last two minutes of its life, in milliseconds. */
const MARGIN = 120_000

interface CommonOptions {
  readonly authorityHost: string
  readonly disableInstanceDiscovery: boolean
  readonly retryOptions: typeof RETRIES
  readonly httpClient: HttpClient
}

async function make(
  method: VaultAuth,
  settings: SettingValues,
  common: CommonOptions,
  deps: CredentialDeps,
): Promise<TokenCredential> {
  const identity = await import('@azure/identity')
  const clientId = settings.get('vaultClientId')
  const tenantId = settings.get('vaultTenantId')
  const who = { ...(clientId ? { clientId } : {}), ...(tenantId ? { tenantId } : {}) }
  switch (method) {
    case 'certificate':
      return new identity.ClientCertificateCredential(
        settings.need('vaultTenantId'),
        settings.need('vaultClientId'),
        { certificate: await certificatePem(settings, deps) },
        common,
      )
    case 'environment':
      return new identity.EnvironmentCredential(common)
    case 'workload':
      return new identity.WorkloadIdentityCredential({
        ...common,
        tenantId: settings.need('vaultTenantId'),
        clientId: settings.need('vaultClientId'),
        tokenFilePath: settings.need('vaultFederatedTokenFile'),
      })
    case 'managed':
      return new identity.ManagedIdentityCredential({ ...common, ...(clientId ? { clientId } : {}) })
    case 'azure-cli':
      return new identity.AzureCliCredential(tenantId ? { tenantId } : {})
    case 'device-code':
      return new identity.DeviceCodeCredential({
        ...common,
        ...who,
        userPromptCallback: ({ message }) => deps.warn(message),
      })
    case 'default':
      return new identity.DefaultAzureCredential(tenantId ? { ...common, tenantId } : common)
  }
}

/**
 * Key and chain in one unencrypted PEM, in memory only: the library reads no PFX and no DER, and its words for a bad file
 * are opaque; our loader reads every form and says what is wrong.
 */
async function certificatePem(settings: SettingValues, { warn }: CredentialDeps): Promise<string> {
  const origin = settings.need('vaultCertificateFile')
  const { key, chain } = await loadCertificate(await readCertificateFile(origin), {
    origin,
    passphrase: settings.get('vaultCertificatePassphrase'),
    passphraseFrom: 'the variable AZURE_CLIENT_CERTIFICATE_PASSWORD',
  })
  assertUsable(chain[0], origin)
  const warning = expiryWarning({ origin, notAfter: chain[0].validToDate })
  if (warning) warn(warning)
  if (await othersMayRead(origin))
    warn(`${origin} holds a private key and can be read by other users: chmod 600 ${shellWord(origin)}`)
  return `${key.export({ type: 'pkcs8', format: 'pem' })}${chain.join('')}`
}

/** Remembers why the authority could not be reached: MSAL drops the cause of a network failure. */
function witnessing(inner: HttpClient, authorityHost: string) {
  let failure: AppError | undefined
  const httpClient: HttpClient = {
    async sendRequest(request) {
      try {
        return await inner.sendRequest(request)
      } catch (error) {
        if (error instanceof AppError && request.url.startsWith(authorityHost)) failure = error
        throw error
      }
    },
  }
  return { httpClient, failure: () => failure }
}

/** Not every credential heeds a signal: a program that it started, for instance, runs on. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
