import { afterEach, describe } from 'vitest'
import { keyvault } from '../../../../../cli/auth/sources/keyvault.ts'
import { sourceContract } from '../../../../contract/source.ts'
import { withVault } from '../../../../support/vault.ts'

const vault = withVault()
const at = (certificateName: string, more = {}) => vault().inputs({ certificateName, ...more })
const secrets = () => [vault().tenant.operator.certificatePem.split('\n')[5] ?? '']

describe('sign mode', () => {
  let made: Promise<string> | undefined
  const another = () => {
    made ??= vault().created()
    return made
  }
  afterEach(() => vault().permitAll())

  sourceContract('keyvault', () => ({
    source: keyvault,
    caPem: () => vault().tenant.caPem,
    good: () => at(vault().tenant.vaultCertificateName),
    another: async () => at(await another()),
    refused: async () => [
      { what: 'one that is not there', code: 'vault-certificate-missing', inputs: at('nope') },
      {
        what: 'a version that is not there',
        code: 'vault-certificate-missing',
        inputs: at(await another(), { certificateVersion: '0'.repeat(32) }),
      },
      {
        what: 'a disabled one',
        code: 'vault-certificate-disabled',
        inputs: at(await vault().created({ enabled: false })),
      },
      {
        what: 'a stopped vault',
        code: 'vault-unreachable',
        inputs: at('x', { keyVaultUrl: 'https://localhost:1' }),
      },
      {
        what: 'an identity that is not registered',
        code: 'vault-signed-out',
        inputs: at('x', { vaultClientId: vault().tenant.client.appId }),
      },
    ],
    requests: () => vault().exchanges.length,
    secrets,
  }))
})
