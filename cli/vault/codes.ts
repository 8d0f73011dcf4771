/**
 * Key Vault's own codes: `code` and `innererror.code` of its errors, and the AKV numbers in its 401s.
 *
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
import { type Explanation, type Explanations, entryOf } from '../explain/explanation.ts'

const SCOPE = '--scope "$(az keyvault show --name VAULT --query id -o tsv)"'

const SIGN_IN_THERE =
  'sign in to the vault\'s own tenant: az login --tenant "$(az keyvault show --name VAULT --query properties.tenantId -o tsv)" (or --vault-tenant-id TENANT_ID)'

const NEW_VERSION = 'make a new version: todo-cli cert create NAME --vault https://VAULT.vault.azure.net'

const THERE_ARE =
  'see which there are: todo-cli cert list --vault https://VAULT.vault.azure.net; or create it: todo-cli cert create NAME --vault https://VAULT.vault.azure.net'

const AGAIN = 'try again in a minute: todo-cli doctor --auth keyvault'

export const VAULT_CODES: Explanations = {
  // 401: the token.
  Unauthorized: {
    means: 'the vault does not accept the token of the identity that opens it, or there was none',
    hint: 'say who opens it: az login, or --vault-auth certificate; the AKV number in the message says more',
  },
  AKV10000: {
    means: 'the request to the vault had no token',
    hint: 'say who opens it: az login, or --vault-auth certificate',
  },
  AKV10001: {
    means: "the vault can not check the token's signature: another issuer signed it, or it is damaged",
    hint: SIGN_IN_THERE,
  },
  AKV10022: {
    means: 'the token is for another resource than this vault: the vault is in another cloud, or is none',
    hint: 'see the address: todo-cli config get keyVaultUrl; in Azure it is https://NAME.vault.azure.net',
  },
  AKV10032: { means: "the token is of another tenant than the vault's", hint: SIGN_IN_THERE },
  AKV10046: { means: 'the vault can not find the key that signed the token, for the moment', hint: AGAIN },
  AKV10073: {
    means: 'the token has expired',
    hint: 'compare the clock: date -u; then: todo-cli doctor --auth keyvault',
  },

  // 403: what the identity may do.
  Forbidden: {
    means: 'the identity that opens the vault may not do this',
    hint: `let it read and sign: az role assignment create --role "Key Vault Crypto User" --assignee CLIENT_ID ${SCOPE} (and once more with --role "Key Vault Reader")`,
  },
  AccessDenied: {
    means: 'the identity that opens the vault may not do this',
    hint: 'see what it may: az role assignment list --all --assignee CLIENT_ID -o table',
  },
  ForbiddenByPolicy: {
    means: 'no access policy of the vault allows this to the identity that opens it',
    hint: 'let it read and sign: az keyvault set-policy --name VAULT --object-id OBJECT_ID --certificate-permissions get --key-permissions sign',
  },
  ForbiddenByRbac: {
    means:
      'no role assignment allows this to the identity that opens the vault, or it is minutes old and not known yet',
    hint: `let it read and sign: az role assignment create --role "Key Vault Crypto User" --assignee CLIENT_ID ${SCOPE} (and once more with --role "Key Vault Reader")`,
  },
  ForbiddenByFirewall: {
    means: 'the firewall of the vault keeps this machine out',
    hint: 'let it in: az keyvault network-rule add --name VAULT --ip-address ADDRESS',
  },
  ForbiddenByConnection: {
    means: 'the vault takes no connection from the internet, only over its private link',
    hint: 'run this inside that network, or open it: az keyvault update --name VAULT --public-network-access Enabled',
  },
  SecretDisabled: {
    means: 'the certificate is disabled, so its secret can not be read',
    hint: 'enable it: az keyvault certificate set-attributes --enabled true --vault-name VAULT --name NAME',
  },
  KeyDisabled: {
    means: 'the certificate is disabled, so its key does not sign',
    hint: 'enable it: az keyvault certificate set-attributes --enabled true --vault-name VAULT --name NAME',
  },
  CertificateDisabled: {
    means: 'the certificate is disabled',
    hint: 'enable it: az keyvault certificate set-attributes --enabled true --vault-name VAULT --name NAME',
  },
  KeyExpired: { means: 'the certificate has expired, so its key does not sign', hint: NEW_VERSION },
  KeyNotYetValid: { means: 'the certificate is not valid yet, so its key does not sign', hint: NEW_VERSION },
  KeyOperationForbidden: {
    means: 'the key may not sign: its certificate was made without the key usage digitalSignature',
    hint: NEW_VERSION,
  },

  // 404.
  CertificateNotFound: { means: 'the vault has no certificate of that name or version', hint: THERE_ARE },
  SecretNotFound: { means: 'the vault has no secret of that name or version', hint: THERE_ARE },
  KeyNotFound: { means: 'the vault has no key of that name or version', hint: THERE_ARE },
  PendingCertificateNotFound: {
    means: 'no certificate of that name is being made',
    hint: THERE_ARE,
  },
  VaultNotFound: {
    means: 'there is no vault of that name',
    hint: 'see which there are: az keyvault list --query "[].properties.vaultUri" -o tsv; then: todo-cli config set keyVaultUrl URL',
  },

  // 400, 409, 429, 5xx.
  BadParameter: {
    means:
      'the vault can not use a value of the request: a wrong passphrase, for instance, or a file without a key',
    hint: 'see its words: run the same command with --verbose; a file: todo-cli cert show FILE',
  },
  Conflict: {
    means: 'something of that name is in the way: it is being made, or it was deleted and can be recovered',
    hint: 'see which: az keyvault certificate list-deleted --vault-name VAULT -o table; bring it back: todo-cli cert recover https://VAULT.vault.azure.net/certificates/NAME',
  },
  ObjectIsDeletedButRecoverable: {
    means: 'a deleted certificate still holds the name: it can be recovered or purged',
    hint: 'bring it back: todo-cli cert recover https://VAULT.vault.azure.net/certificates/NAME; or end it: todo-cli cert remove https://VAULT.vault.azure.net/certificates/NAME --purge',
  },
  ObjectIsBeingDeleted: { means: 'the certificate is being deleted at this moment', hint: AGAIN },
  ObjectIsBeingRecovered: { means: 'the certificate is being recovered at this moment', hint: AGAIN },
  RequestTooLarge: {
    means: 'the request is larger than the vault takes',
    hint: 'see what is in the file: todo-cli cert show FILE',
  },
  Throttled: { means: 'the vault has had too many requests', hint: AGAIN },
  InternalServerError: { means: 'the vault failed', hint: AGAIN },
}

/** The explanation of a code of Key Vault, letter case aside. */
export const explainVaultCode = (code: string): Explanation | undefined => entryOf(VAULT_CODES, code)
