/** What Azure's clients throw, in our words. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
import { AppError, systemCode } from '../../core/errors.ts'
import { networkError } from '../network-error.ts'
import { explainVaultCode } from './codes.ts'
import { denied } from './denial.ts'
import { textAt } from './text-at.ts'

export interface VaultContext {
  readonly vaultUrl: string
  /** The certificate's name. */
  readonly name: string
  readonly signal: AbortSignal
}

/** Translates an error of @azure/keyvault-*. Those of the credential are translated where it is asked. */
export function toVaultError(error: unknown, { vaultUrl, name, signal }: VaultContext): AppError {
  if (signal.aborted) return new AppError('interrupted', 'interrupted', { cause: error })
  if (error instanceof AppError) return error
  if (!(error instanceof Error)) return unknownError(error, vaultUrl)
  return (
    serviceError(error, vaultUrl, name) ?? transportError(error, vaultUrl) ?? unknownError(error, vaultUrl)
  )
}

function serviceError(error: Error, vaultUrl: string, name: string): AppError | undefined {
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined
  if (status === undefined) return undefined
  const code = innerCode(error)
  const options = { cause: withId(error), serviceCode: code }
  const message = error.message.slice(0, MESSAGE_MAX)
  if (code === 'PARSE_ERROR') return notAVault(vaultUrl, error)
  switch (true) {
    case status === 404:
      return missing(vaultUrl, name, options)
    case status === 403 && /Disabled/.test(`${code}`):
      return disabled(vaultUrl, name, options)
    case status === 403 && /KeyExpired|KeyNotYetValid|KeyOperationForbidden/.test(`${code}`):
      return keyRefused(vaultUrl, name, options)
    case status === 403:
      return denied(vaultUrl, message, options)
    case status === 401:
      return tokenRefused(vaultUrl, message, options)
    case status === 409:
      return conflict(vaultUrl, name, options)
    case status === 429 || status >= 500:
      return new AppError('vault-unreachable', `the vault ${vaultUrl} answers ${status}`, {
        hint: 'try again later',
        ...options,
      })
    default:
      return new AppError('vault-failed', `the vault ${vaultUrl} refused the request (${code ?? status})`, {
        hint: 'run it again with --verbose for its words',
        ...options,
      })
  }
}

interface Origin {
  readonly cause?: unknown
  readonly serviceCode?: string | undefined
}

/** Patterns are matched on this much of what a server says. */
const MESSAGE_MAX = 4000

/** There is none of that name, or of that version. */
export function missing(vaultUrl: string, name: string, options: Origin = {}): AppError {
  const [of, version] = name.split('/')
  const ways = [
    version
      ? `see the latest: todo-cli cert show ${vaultUrl}/certificates/${of}`
      : `create it: todo-cli cert create ${of} --vault ${vaultUrl}`,
    ...(version
      ? []
      : [`if it was deleted, bring it back: todo-cli cert recover ${vaultUrl}/certificates/${of}`]),
    `see which there are: todo-cli cert list --vault ${vaultUrl}`,
  ]
  return new AppError('vault-certificate-missing', `the vault ${vaultUrl} has no certificate "${name}"`, {
    hint: ways.join('; or '),
    ...options,
  })
}

/** A certificate that its owner switched off. */
export function disabled(vaultUrl: string, name: string, options: Origin = {}): AppError {
  return new AppError('vault-certificate-disabled', `the certificate "${name}" in ${vaultUrl} is disabled`, {
    hint: `switch it on: az keyvault certificate set-attributes --enabled true --id ${vaultUrl}/certificates/${name}`,
    ...options,
  })
}

/** The certificate may be read, but its key does not sign: a usage without digitalSignature, or outside its dates. */
function keyRefused(vaultUrl: string, name: string, options: Origin): AppError {
  const why =
    options.serviceCode === 'KeyOperationForbidden' ? 'is not for signatures' : 'is outside its dates'
  return new AppError('vault-refused', `the key of the certificate "${name}" in ${vaultUrl} ${why}`, {
    hint: `create a new version: todo-cli cert create ${name} --vault ${vaultUrl}`,
    ...options,
  })
}

/** 401 with a token: it is for another tenant, audience or time. */
function tokenRefused(vaultUrl: string, message: string, options: Origin): AppError {
  const code = /AKV\d+/.exec(message)?.[0] ?? options.serviceCode ?? 'Unauthorized'
  const { means, hint } = explainVaultCode(code) ?? { means: 'it gives no reason', hint: TENANT }
  // "Expected one of https://sts.windows.net/<tenant id>/, …, found …"
  const tenant = /Expected (?:one of )?https:\/\/[^/\s]+\/([0-9a-f-]{36})\b/i.exec(message)?.[1]
  return new AppError(
    'vault-refused',
    `the vault ${vaultUrl} does not accept the token: ${means} (${code})`,
    {
      ...options,
      hint: code === 'AKV10032' ? TENANT.replaceAll('TENANT_ID', tenant ?? 'TENANT_ID') : hint,
      serviceCode: code,
    },
  )
}

const TENANT =
  "sign in to the vault's own tenant: az login --tenant TENANT_ID (or: todo-cli config set vaultTenantId TENANT_ID)"

/** 409: something of that name is in the way. */
function conflict(vaultUrl: string, name: string, options: Origin): AppError {
  const { serviceCode } = options
  if (serviceCode === 'ObjectIsDeletedButRecoverable') {
    return new AppError(
      'vault-name-deleted',
      `the vault ${vaultUrl} keeps a deleted certificate "${name}", and its name with it`,
      {
        hint: `bring it back: todo-cli cert recover ${vaultUrl}/certificates/${name}; or end it: todo-cli cert remove ${vaultUrl}/certificates/${name} --purge`,
        ...options,
      },
    )
  }
  const beingDeleted = serviceCode === 'ObjectIsBeingDeleted'
  return new AppError(
    'vault-failed',
    beingDeleted
      ? `the certificate "${name}" in ${vaultUrl} is being deleted at this moment`
      : `the vault ${vaultUrl} is busy with the certificate "${name}" (${serviceCode})`,
    { hint: 'try again in a few seconds', ...options },
  )
}

function transportError(error: Error, vaultUrl: string): AppError | undefined {
  return error.name === 'RestError' || systemCode(error) !== undefined
    ? networkError(error, 'vault', vaultUrl, 0)
    : undefined
}

function unknownError(error: unknown, vaultUrl: string): AppError {
  // The clients check that whoever asks for a token is a vault.
  if (error instanceof Error && /challenge resource/i.test(error.message)) return notAVault(vaultUrl, error)
  return new AppError('vault-failed', `the vault ${vaultUrl} could not be used`, {
    hint: 'run it again with --verbose for the cause',
    cause: error,
  })
}

function notAVault(vaultUrl: string, cause: Error): AppError {
  return new AppError('vault-failed', `what answers at ${vaultUrl} is not a key vault`, {
    hint: 'check KEY_VAULT_URL, for instance https://NAME.vault.azure.net',
    cause,
  })
}

/** The vault's words, with the id by which Azure's support finds the request. */
function withId(error: Error): Error {
  const response = 'response' in error ? error.response : undefined
  const headers =
    typeof response === 'object' && response !== null && 'headers' in response ? response.headers : undefined
  const get = typeof headers === 'object' && headers !== null && 'get' in headers ? headers.get : undefined
  const id: unknown = typeof get === 'function' ? get.call(headers, 'x-ms-request-id') : undefined
  return typeof id === 'string'
    ? new Error(`${error.message} (x-ms-request-id ${id})`, { cause: error })
    : error
}

/** Key Vault's `innererror.code` (the clients respell it) where there is one, else its `code`. */
function innerCode(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const details = 'details' in error ? error.details : undefined
  return textAt(details, 'error', 'innerError', 'code') ?? code
}
