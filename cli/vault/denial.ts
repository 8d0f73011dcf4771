/**
 * A 403 of Key Vault: which permission is missing, and the `az` command that grants it.
 *
 * Key Vault words it in two ways, after how its access is managed: by policies, or by roles (RBAC).
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 * https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 */
import { AppError, type AppErrorOptions } from '../../core/errors.ts'

interface Denial {
  /** As access policies name it: `keys sign`. */
  readonly permission: string
  readonly grant: string
}

/** @returns `vault-refused`, naming the permission where Key Vault does */
export function denied(
  vaultUrl: string,
  message: string,
  options: Pick<AppErrorOptions, 'cause' | 'serviceCode'>,
): AppError {
  const network = byNetwork(vaultUrl, message, options.serviceCode)
  if (network) return new AppError('vault-refused', network.message, { hint: network.hint, ...options })
  const denial = byPolicy(message) ?? byRole(message)
  return new AppError(
    'vault-refused',
    denial
      ? `the vault ${vaultUrl} denies "${denial.permission}" to the identity that opens it`
      : `the vault ${vaultUrl} denies this to the identity that opens it`,
    {
      hint: denial
        ? `grant it: ${denial.grant}`
        : `see what the identity may do: az role assignment list --all --assignee ${principal(message)} -o table`,
      ...options,
    },
  )
}

/** "Client address is not authorized and caller is not a trusted service. Client address: 192.0.2.1 Caller: …" */
function byNetwork(vaultUrl: string, message: string, code = '') {
  if (code === 'ForbiddenByConnection' || /Public network access is disabled/i.test(message)) {
    return {
      message: `the vault ${vaultUrl} takes no connection from the internet, only over its private link`,
      hint: `run this inside that network, or open it: az keyvault update --name ${nameOf(vaultUrl)} --public-network-access Enabled`,
    }
  }
  if (code !== 'ForbiddenByFirewall' && !/Client address/.test(message)) return undefined
  const address = /Client address:? \(?([\da-f]*[.:][\d.:a-f]+)/i.exec(message)?.[1] ?? 'ADDRESS'
  return {
    message: `the firewall of the vault ${vaultUrl} keeps this machine out`,
    hint: `let it in: az keyvault network-rule add --name ${nameOf(vaultUrl)} --ip-address ${address}`,
  }
}

const PLANES: Readonly<Record<string, string>> = {
  certificates: 'certificate',
  keys: 'key',
  secrets: 'secret',
}

/** "The user, group or application 'appid=…;oid=…;iss=…' does not have keys sign permission on key vault 'n;location=…'." */
function byPolicy(message: string): Denial | undefined {
  const [, plane = '', operation = '', vault = 'VAULT'] =
    /does not have (\w+) (\w+) permission on key vault '([\w-]+)/.exec(message) ?? []
  const kind = PLANES[plane]
  if (kind === undefined) return undefined
  const who = principal(message)
  return {
    permission: `${plane} ${operation}`,
    grant: `az keyvault set-policy --name ${vault} --object-id ${who} --${kind}-permissions ${operation}`,
  }
}

/** The least role for each operation. A certificate is read with Reader: Certificate User could read its secret, too. */
const ROLES: readonly (readonly [action: RegExp, role: string])[] = [
  [/^certificates\/read$/, 'Key Vault Reader'],
  [/^certificates\//, 'Key Vault Certificates Officer'],
  [/^keys\/sign/, 'Key Vault Crypto User'],
  [/^keys\/read$/, 'Key Vault Reader'],
  [/^secrets\/getSecret/, 'Key Vault Secrets User'],
]

/** "Caller is not authorized … Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action' Resource: '…' …" */
function byRole(message: string): Denial | undefined {
  const action = /Action: 'Microsoft\.KeyVault\/vaults\/([\w/]+)'/i.exec(message)?.[1]
  if (action === undefined) return undefined
  const resource = /Resource: '([^'\s]+)'/.exec(message)?.[1] ?? ''
  const scope = /^\/subscriptions\/[\w-]+\/.*?\/vaults\/[\w-]+/i.exec(resource)?.[0] ?? idOf(message)
  const role = ROLES.find(([pattern]) => pattern.test(action))?.[1] ?? 'Key Vault Administrator'
  const [plane = '', operation = ''] = action.split('/')
  const who = principal(message)
  return {
    permission: `${plane} ${OPERATIONS[operation] ?? operation}`,
    grant: `az role assignment create --role "${role}" --assignee-object-id ${who} --scope ${scope}`,
  }
}

/** The id of the vault, for a shell that asks `az` for it. */
function idOf(message: string): string {
  const name = /^Vault: ([\w-]+);/m.exec(message)?.[1] ?? 'VAULT'
  return `"$(az keyvault show --name ${name} --query id -o tsv)"`
}

/** What access policies call the actions of roles. */
const OPERATIONS: Readonly<Record<string, string>> = { read: 'get', getSecret: 'get' }

const principal = (message: string) => /\boid=([0-9a-f-]{36})/i.exec(message)?.[1] ?? 'OBJECT_ID'

/** `contoso` of https://contoso.vault.azure.net */
const nameOf = (vaultUrl: string) => new URL(vaultUrl).hostname.split('.')[0] ?? 'VAULT'
