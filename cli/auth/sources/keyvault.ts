/** `--auth keyvault`: a certificate in Azure Key Vault. What reads it, Azure's libraries too, is loaded when it is used. */
import { oneOf } from '../../settings.ts'
import { certificateName, certificateVersion } from '../../vault/names.ts'
import { VAULT_SETTINGS } from '../../vault/settings.ts'
import type { CertificateSource } from './source.ts'

export const keyvault: CertificateSource = {
  name: 'keyvault',
  settings: [
    ...VAULT_SETTINGS,
    {
      key: 'certificateName',
      flag: '--certificate-name NAME',
      variable: 'CERTIFICATE_NAME',
      help: "The certificate's name in the vault",
      parse: certificateName,
    },
    {
      key: 'certificateVersion',
      flag: '--certificate-version VERSION',
      variable: 'TODO_CLI_CERTIFICATE_VERSION',
      help: 'One version of the certificate in the vault, in place of the latest enabled one',
      parse: certificateVersion,
    },
    {
      key: 'vaultMode',
      flag: '--vault-mode MODE',
      variable: 'TODO_CLI_VAULT_MODE',
      default: 'sign',
      help: 'sign: the vault signs (certificates/get, keys/sign); export: the key is read (secrets/get)',
      parse: oneOf('sign', 'export'),
    },
  ],
  async identify(settings) {
    const name = [settings.need('keyVaultUrl'), settings.need('certificateName')]
    const others = IDENTIFYING.map((key) => settings.get(key) ?? '')
    return ['keyvault', ...name, ...others].join(' ')
  },
  async open(settings, deps) {
    const { openInVault } = await import('./certificate-in-vault.ts')
    return openInVault(settings, deps)
  },
}

/** What else tells one vault credential from another: who opens the vault, which version, in which way. */
const IDENTIFYING = [
  'vaultAuth',
  'vaultAuthorityHost',
  'vaultTenantId',
  'vaultClientId',
  'certificateVersion',
  'vaultMode',
] as const
