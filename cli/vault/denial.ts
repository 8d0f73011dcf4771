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
  const firewall = /Client address(?::? ([\d.:a-f]+))?|ForbiddenByFirewall/.exec(
    `${message} ${options.serviceCode}`,
  )
  if (firewall) {
    return new AppError('vault-refused', `the firewall of the vault ${vaultUrl} keeps this machine out`, {
      hint: `let it in: az keyvault network-rule add --name ${nameOf(vaultUrl)} --ip-address ${firewall[1] ?? 'ADDRESS'}`,
      ...options,
    })
  }
  const denial = byPolicy(message) ?? byRole(message)
  return new AppError(
    'vault-refused',
    denial
      ? `the vault ${vaultUrl} denies "${denial.permission}" to the identity that opens it`
      : `the vault ${vaultUrl} denies this to the identity that opens it`,
    {
      hint: denial
        ? `grant it: ${denial.grant}`
        : 'see what the identity may do: az role assignment list --all --assignee CLIENT_ID',
      ...options,
    },
  )
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
  const scope = /^\/subscriptions\/[\w-]+\/.*?\/vaults\/[\w-]+/i.exec(resource)?.[0] ?? 'VAULT_ID'
  const role = ROLES.find(([pattern]) => pattern.test(action))?.[1] ?? 'Key Vault Administrator'
  const [plane = '', operation = ''] = action.split('/')
  const who = principal(message)
  return {
    permission: `${plane} ${OPERATIONS[operation] ?? operation}`,
    grant: `az role assignment create --role "${role}" --assignee-object-id ${who} --scope ${scope}`,
  }
}

/** What access policies call the actions of roles. */
const OPERATIONS: Readonly<Record<string, string>> = { read: 'get', getSecret: 'get' }

const principal = (message: string) => /\boid=([0-9a-f-]{36})/i.exec(message)?.[1] ?? 'OBJECT_ID'

/** `contoso` of https://contoso.vault.azure.net */
const nameOf = (vaultUrl: string) => new URL(vaultUrl).hostname.split('.')[0] ?? 'VAULT'
