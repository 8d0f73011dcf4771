import { describe, expect, test } from 'vitest'
import { readAccessPolicy } from '../../../../tenant/vault/policy.ts'
import { actionOf, isVaultRole, rolePermits } from '../../../../tenant/vault/roles.ts'

describe('a role', () => {
  test.each([
    ['Key Vault Administrator', 'certificates', 'purge', true],
    ['Key Vault Certificates Officer', 'certificates', 'import', true],
    ['Key Vault Certificates Officer', 'secrets', 'get', false],
    ['Key Vault Certificates Officer', 'keys', 'sign', false],
    ['Key Vault Certificate User', 'secrets', 'get', true],
    ['Key Vault Certificate User', 'certificates', 'delete', false],
    ['Key Vault Certificate User', 'keys', 'sign', false],
    ['Key Vault Crypto User', 'keys', 'sign', true],
    ['Key Vault Crypto User', 'certificates', 'get', false],
    ['Key Vault Secrets User', 'secrets', 'get', true],
    ['Key Vault Reader', 'secrets', 'list', true],
    ['Key Vault Reader', 'secrets', 'get', false],
  ] as const)('%s on %s %s: %s', (role, plane, permission, permitted) => {
    expect(rolePermits(role, plane, permission)).toBe(permitted)
  })

  test.each([['Owner'], [''], ['constructor'], ['__proto__'], [1], [null], [['Key Vault Reader']]])(
    '%j is none',
    (value) => {
      expect(isVaultRole(value)).toBe(false)
    },
  )

  test.each([
    ['certificates', 'get', 'Microsoft.KeyVault/vaults/certificates/read'],
    ['certificates', 'list', 'Microsoft.KeyVault/vaults/certificates/read'],
    ['keys', 'list', 'Microsoft.KeyVault/vaults/keys/read'],
    ['certificates', 'create', 'Microsoft.KeyVault/vaults/certificates/create/action'],
    ['certificates', 'delete', 'Microsoft.KeyVault/vaults/certificates/delete'],
    ['keys', 'sign', 'Microsoft.KeyVault/vaults/keys/sign/action'],
    ['secrets', 'get', 'Microsoft.KeyVault/vaults/secrets/getSecret/action'],
    ['secrets', 'list', 'Microsoft.KeyVault/vaults/secrets/readMetadata/action'],
    ['secrets', 'set', 'Microsoft.KeyVault/vaults/secrets/setSecret/action'],
    ['secrets', 'delete', 'Microsoft.KeyVault/vaults/secrets/delete'],
    ['secrets', 'purge', 'Microsoft.KeyVault/vaults/secrets/purge/action'],
    ['certificates', 'listissuers', 'Microsoft.KeyVault/vaults/certificatecas/read'],
    ['certificates', 'getissuers', 'Microsoft.KeyVault/vaults/certificatecas/read'],
    ['certificates', 'managecontacts', 'Microsoft.KeyVault/vaults/certificatecontacts/write'],
  ] as const)('%s %s is the action %s', (plane, permission, action) => {
    expect(actionOf(plane, permission)).toBe(action)
  })
})

describe('readAccessPolicy', () => {
  test('reads what is named, and nothing for the rest', () => {
    expect(readAccessPolicy('ABC', { certificates: ['get'], roles: ['Key Vault Reader'] })).toEqual({
      id: 'abc',
      permissions: { certificates: ['get'], keys: [], secrets: [] },
      roles: ['Key Vault Reader'],
    })
  })

  test.each([
    { certificates: ['get', 'fly'] },
    { certificates: 'get' },
    { keys: [1] },
    { secrets: ['sign'] },
    { roles: ['Owner'] },
    { roles: 'Key Vault Reader' },
  ])('says what is wrong with %j', (value) => {
    expect(typeof readAccessPolicy('x', value)).toBe('string')
  })
})
