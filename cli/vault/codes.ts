/**
 * Key Vault's own codes, for `todo-cli explain`.
 *
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
import type { Explanation } from '../auth/aadsts.ts'

const CODES: Readonly<Record<string, Explanation>> = {
  AKV10000: {
    means: 'the request to the vault had no token',
    hint: 'choose who opens the vault: --vault-auth',
  },
  AKV10022: {
    means: 'the token is for another resource than the vault',
    hint: 'check KEY_VAULT_URL: the vault of the right cloud',
  },
  AKV10032: {
    means: "the token is of another tenant than the vault's",
    hint: 'sign in to the tenant of the vault: az login --tenant TENANT_ID, or AZURE_TENANT_ID',
  },
  Forbidden: {
    means: 'the identity that opens the vault may not do this',
    hint: 'grant it: az role assignment create --role "Key Vault Crypto User" --assignee CLIENT_ID --scope VAULT_ID',
  },
  ForbiddenByPolicy: {
    means: 'no access policy of the vault allows this to the identity that opens it',
    hint: 'grant it: az keyvault set-policy --name VAULT --object-id OBJECT_ID --certificate-permissions get --key-permissions sign',
  },
  ForbiddenByRbac: {
    means: 'no role assignment allows this to the identity that opens the vault',
    hint: 'grant it, then wait a few minutes: az role assignment create --role "Key Vault Crypto User" --assignee CLIENT_ID --scope VAULT_ID',
  },
  ForbiddenByFirewall: {
    means: 'the firewall of the vault keeps this machine out',
    hint: 'let it in: az keyvault network-rule add --name VAULT --ip-address ADDRESS',
  },
  SecretDisabled: {
    means: 'the certificate is disabled, so its secret can not be read',
    hint: 'switch it on: az keyvault certificate set-attributes --enabled true --vault-name VAULT --name NAME',
  },
  KeyOperationForbidden: {
    means: 'the key may not sign: its certificate was made without the key usage digitalSignature',
    hint: 'make another: todo-cli cert create NAME --vault URL',
  },
  CertificateNotFound: {
    means: 'the vault has no certificate of that name',
    hint: 'create it: todo-cli cert create NAME --vault URL',
  },
  ObjectIsDeletedButRecoverable: {
    means: 'a deleted certificate still holds the name: it can be recovered or purged',
    hint: 'az keyvault certificate recover --vault-name VAULT --name NAME (or purge in place of recover)',
  },
  ObjectIsBeingDeleted: { means: 'the certificate is being deleted', hint: 'wait a minute, then try again' },
}

/** The explanation of a code of Key Vault, letter case aside. */
export function explainVaultCode(code: string): Explanation | undefined {
  const name = Object.keys(CODES).find((each) => each.toLowerCase() === code.toLowerCase())
  return name === undefined ? undefined : CODES[name]
}

/** Every code that {@link explainVaultCode} knows. */
export const vaultCodes = (): string[] => Object.keys(CODES)
