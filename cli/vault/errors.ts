/** What Azure's clients throw, in our words. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
import { AppError, systemCode } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import { issuerRefusal } from '../auth/aadsts.ts'

export interface VaultContext {
  readonly vaultUrl: string
  /** The certificate's name. */
  readonly name: string
  readonly signal: AbortSignal
}

const UNREACHABLE = /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST|ENET|EPIPE|REQUEST_SEND_ERROR|ERR_PROXY)/
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT_ALTNAME)/

/** Translates an error of @azure/keyvault-* or of the credential that opens the vault. */
export function toVaultError(error: unknown, { vaultUrl, name, signal }: VaultContext): AppError {
  if (error instanceof AppError) return error
  if (signal.aborted) return new AppError('interrupted', 'interrupted', { cause: error })
  if (!(error instanceof Error))
    return new AppError('vault-failed', `the vault ${vaultUrl} failed`, { cause: error })
  return (
    credentialError(error, vaultUrl) ??
    serviceError(error, vaultUrl, name) ??
    networkError(error, vaultUrl) ??
    unknownError(error, vaultUrl)
  )
}

/** Nobody could be signed in: the chain found nothing, or Entra refused the identity. */
function credentialError(error: Error, vaultUrl: string): AppError | undefined {
  if (!/^(CredentialUnavailable|AggregateAuthentication|Authentication(Required)?)/.test(error.name))
    return undefined
  const aadsts = /AADSTS\d+: [\s\S]*/.exec(error.message)?.[0]
  if (aadsts !== undefined) {
    const { message, hint, serviceCode } = issuerRefusal({ error_description: aadsts })
    return new AppError('vault-signed-out', `the identity that opens the vault ${vaultUrl}: ${message}`, {
      hint,
      serviceCode,
      cause: error,
    })
  }
  const network = networkError(error, vaultUrl)
  if (network) return network
  return new AppError('vault-signed-out', `no credential opens the vault ${vaultUrl}`, {
    hint: 'choose who opens it: az login, or --vault-auth certificate with VAULT_CERTIFICATE_FILE, or the AZURE_* variables',
    cause: error,
  })
}

function serviceError(error: Error, vaultUrl: string, name: string): AppError | undefined {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined
  if (status === undefined) return undefined
  const code = innerCode(error)
  const options = { cause: error, serviceCode: code }
  if (status === 404) {
    return new AppError('vault-certificate-missing', `the vault ${vaultUrl} has no certificate "${name}"`, {
      hint: `create it: todo-cli cert create ${name} --vault ${vaultUrl}`,
      ...options,
    })
  }
  if (status === 403 && /disabled/i.test(`${code} ${error.message}`)) return disabled(vaultUrl, name, options)
  if (status === 401 || status === 403) {
    const missing = /does not have (\w+ \w+) permission/.exec(error.message)?.[1]
    return new AppError(
      'vault-refused',
      `the vault ${vaultUrl} denies ${missing ?? 'this operation'} to the identity that opens it`,
      {
        hint: `grant it: az role assignment create --role "Key Vault ${missing?.startsWith('keys') ? 'Crypto User' : 'Certificates Officer'}" --assignee CLIENT_ID --scope VAULT_ID`,
        ...options,
      },
    )
  }
  if (status === 429 || status >= 500) {
    return new AppError('vault-unreachable', `the vault ${vaultUrl} answers ${status}`, {
      hint: 'try again later',
      ...options,
    })
  }
  return new AppError('vault-failed', `the vault ${vaultUrl} refused the request (${code ?? status})`, {
    hint: 'run it again with --verbose for its words',
    ...options,
  })
}

/** A certificate that its owner switched off. */
export function disabled(vaultUrl: string, name: string, options: { cause?: unknown } = {}): AppError {
  return new AppError('vault-certificate-disabled', `the certificate "${name}" in ${vaultUrl} is disabled`, {
    hint: `switch it on: az keyvault certificate set-attributes --enabled true --name ${name} --id ${vaultUrl}/certificates/${name}`,
    ...options,
  })
}

function networkError(error: Error, vaultUrl: string): AppError | undefined {
  const code = systemCode(error) ?? ''
  if (
    UNTRUSTED.test(code) ||
    (/certificate|self-signed/i.test(error.message) && /verify|self-signed|issuer/i.test(error.message))
  ) {
    return new AppError(
      'tls-untrusted',
      `the TLS certificate of the vault ${vaultUrl} or of its issuer is not trusted`,
      {
        hint: 'if its CA is your own, name the CA file: --ca-file FILE, or the variable NODE_EXTRA_CA_CERTS',
        cause: error,
      },
    )
  }
  if (
    !UNREACHABLE.test(code) &&
    !/endpoints_resolution_error|network_error|ECONNREFUSED|ENOTFOUND/.test(`${code} ${error.message}`)
  )
    return undefined
  return new AppError(
    'vault-unreachable',
    `can not reach the vault ${vaultUrl}, or the issuer that opens it`,
    {
      hint: isLoopbackHost(new URL(vaultUrl).hostname)
        ? 'if it is the local tenant: todo-cli local start'
        : 'check KEY_VAULT_URL, and HTTPS_PROXY if there is a proxy',
      cause: error,
    },
  )
}

function unknownError(error: Error, vaultUrl: string): AppError {
  return new AppError('vault-failed', `the vault ${vaultUrl} could not be used`, {
    hint: 'run it again with --verbose for the cause',
    cause: error,
  })
}

/** Key Vault's `innererror.code` where there is one, else its `code`. */
function innerCode(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const details =
    'details' in error ? (error.details as { error?: { innererror?: { code?: unknown } } }) : undefined
  const inner = details?.error?.innererror?.code
  return typeof inner === 'string' ? inner : code
}
