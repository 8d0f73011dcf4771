/** The settings of Azure Key Vault: which vault and certificate, and who opens it. */
import { oneOf, type SettingSpec, text, webAddress } from '../settings.ts'

/** The words of `--vault-auth`. */
export const VAULT_AUTH = [
  'default',
  'environment',
  'certificate',
  'workload',
  'managed',
  'azure-cli',
  'device-code',
] as const
export type VaultAuth = (typeof VAULT_AUTH)[number]

/**
 * Who opens the vault is an identity of its own beside the app's. The `AZURE_*` variables keep the meaning that
 * @azure/identity gives them.
 */
export const VAULT_SETTINGS: readonly SettingSpec[] = [
  {
    key: 'keyVaultUrl',
    flag: '--key-vault-url URL',
    variable: 'KEY_VAULT_URL',
    help: 'The address of the key vault, https://NAME.vault.azure.net',
    parse: webAddress(),
  },
  {
    key: 'vaultAuth',
    flag: '--vault-auth METHOD',
    variable: 'TODO_CLI_VAULT_AUTH',
    default: 'default',
    help: `Who opens the vault: ${VAULT_AUTH.join(', ')}`,
    parse: oneOf(...VAULT_AUTH),
  },
  {
    key: 'vaultCertificateFile',
    flag: '--vault-certificate-file FILE',
    variable: 'VAULT_CERTIFICATE_FILE',
    help: 'The certificate file, with its private key, of the identity that opens the vault',
    parse: text,
  },
  {
    key: 'vaultCertificatePassphrase',
    variable: 'AZURE_CLIENT_CERTIFICATE_PASSWORD',
    secret: true,
    help: 'The passphrase of that certificate file',
  },
  {
    key: 'vaultClientId',
    flag: '--vault-client-id ID',
    variable: 'AZURE_CLIENT_ID',
    help: 'The client id of the identity that opens the vault',
    parse: text,
  },
  {
    key: 'vaultTenantId',
    flag: '--vault-tenant-id ID',
    variable: 'AZURE_TENANT_ID',
    help: 'The tenant of the identity that opens the vault',
    parse: text,
  },
  {
    key: 'vaultFederatedTokenFile',
    flag: '--vault-federated-token-file FILE',
    variable: 'AZURE_FEDERATED_TOKEN_FILE',
    help: "The file that holds the workload's own token, for --vault-auth workload",
    parse: text,
  },
  {
    key: 'vaultAuthorityHost',
    flag: '--vault-authority-host URL',
    variable: 'AZURE_AUTHORITY_HOST',
    default: 'https://login.microsoftonline.com',
    help: 'The authority host of the identity that opens the vault',
    parse: webAddress(),
  },
]
