/** Why nobody could be signed in to open the vault, in our words: the credentials of @azure/identity say it at length. */
import { AppError } from '../../core/errors.ts'
import { issuerRefusal } from '../auth/aadsts.ts'
import type { VaultAuth } from './settings.ts'

export interface CredentialAttempt {
  readonly method: VaultAuth
  /** Why the authority could not be reached, where it could not. */
  readonly failure: AppError | undefined
  readonly signal: AbortSignal
}

export function credentialError(error: unknown, { method, failure, signal }: CredentialAttempt): AppError {
  if (signal.aborted) return new AppError('interrupted', 'interrupted', { cause: error })
  if (error instanceof AppError) return error
  const tried = attemptsIn(error)
  const tenant = tried.map(({ message }) => otherTenantIn(message)).find((one) => one !== undefined)
  if (tenant !== undefined) return ofAnotherTenant(tenant, method, error)
  const refusal = tried.map((one) => refusalIn(one.message)).find((one) => one !== undefined)
  if (refusal && tried.length === 1) return refused(refusal, method, error)
  if (failure && tried.length === 1) return failure
  return new AppError(
    'vault-signed-out',
    method === 'default'
      ? 'no credential opens the vault; each was tried'
      : `no credential opens the vault: --vault-auth ${method} did not`,
    {
      hint: HINTS[method],
      serviceCode: refusal?.serviceCode,
      details: tried.map(({ name, reason }) => `${name}: ${reason}`),
      cause: error,
    },
  )
}

/** The next command to type, by what was tried. */
const HINTS: Readonly<Record<VaultAuth, string>> = {
  default:
    'choose who opens it: az login, or --vault-auth certificate with VAULT_CERTIFICATE_FILE, or the AZURE_* variables',
  environment:
    'set AZURE_TENANT_ID and AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH',
  certificate:
    'check AZURE_TENANT_ID, AZURE_CLIENT_ID and VAULT_CERTIFICATE_FILE, and that the certificate is registered with that client',
  workload: 'check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE',
  managed:
    'run it on a machine of Azure that has a managed identity, or choose another way: --vault-auth azure-cli',
  'azure-cli': 'sign in: az login',
  'device-code': 'run it again, and enter the code in time',
}

interface Attempt {
  readonly name: string
  /** One short sentence. */
  readonly reason: string
  readonly message: string
}

/** What a chain tried, in its order; one attempt for a credential alone. */
function attemptsIn(error: unknown): Attempt[] {
  const errors: readonly unknown[] =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [error]
  return errors.map((one) => {
    const message = one instanceof Error ? one.message : String(one)
    const { serviceCode, message: words } = refusalIn(message) ?? {}
    return { name: nameIn(message), reason: serviceCode ? `${words}` : sentence(message), message }
  })
}

/** Most name themselves; the others are known by the program that they start. */
const NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/EnvironmentCredential/, 'environment'],
  [/WorkloadIdentityCredential/, 'workload'],
  [/ManagedIdentityCredential|IMDS/, 'managed'],
  [/Azure Developer CLI|\bazd\b/, 'azure-developer-cli'],
  [/Azure CLI|az login/, 'azure-cli'],
  [/PowerShell/i, 'azure-powershell'],
  [/Visual Studio Code/, 'visual-studio-code'],
  [/broker/i, 'broker'],
]

const nameIn = (message: string) => NAMES.find(([pattern]) => pattern.test(message))?.[1] ?? 'credential'

/** The first sentence that says something, without the address of a troubleshooting page. */
function sentence(message: string): string {
  const plain = message
    .replace(/\s+/g, ' ')
    .replace(/^(Error: |\w*Credential(: (?=[a-zA-Z])| ))/, '')
    .replace(
      /^Authentication failed\. Message .*$/,
      'this machine has no managed identity, or it was refused',
    )
    // MSAL's whole word for metadata that it did not get; what is not reachable was told before.
    .replace(/^.*endpoints_resolution_error.*$/, 'the issuer does not know the tenant, or is no issuer')
    .replace(/^is unavailable\. /, '')
    // EnvironmentCredential's words.
    .replace(/^No underlying credential could be used\b.*$/, 'the AZURE_* variables are not set, or not all')
    .replace(/\s*(To troubleshoot|See the troubleshooting|Please visit|More details).*$/, '')
  return (plain.split(/(?<=[.!])\s/)[0] ?? plain).replace(/[.,]$/, '').slice(0, 200)
}

/** What the issuer said, where it said something. */
function refusalIn(message: string): AppError | undefined {
  const text = /AADSTS\d+: [\s\S]*/.exec(message)?.[0]
  return text === undefined ? undefined : issuerRefusal({ error_description: text })
}

/** @azure/identity's words for a challenge that names another tenant than the credential's. */
const otherTenantIn = (message: string) =>
  /not configured to acquire tokens for tenant ([\w.-]+)/.exec(message)?.[1]?.replace(/\.$/, '')

function ofAnotherTenant(tenant: string, method: VaultAuth, cause: unknown): AppError {
  const message = `the vault is of the tenant ${tenant}, and the identity that opens it is of another`
  const set = `todo-cli config set vaultTenantId ${tenant} (or AZURE_TENANT_ID), where that tenant knows the identity`
  const hint =
    method === 'azure-cli'
      ? `az login --tenant ${tenant}`
      : method === 'default'
        ? `${set}; or: az login --tenant ${tenant}`
        : set
  return new AppError('vault-signed-out', message, { hint, cause })
}

/** The issuer's own hint is about the app's settings; here it is another identity that was refused. */
function refused({ message, serviceCode }: AppError, method: VaultAuth, cause: unknown): AppError {
  return new AppError('vault-signed-out', `the identity that opens the vault: ${message}`, {
    hint: `${HINTS[method]}${/^AADSTS/.test(serviceCode ?? '') ? `; more of it: todo-cli explain ${serviceCode}` : ''}`,
    serviceCode,
    cause,
  })
}
