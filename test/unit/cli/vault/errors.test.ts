import { beforeEach, describe, expect, it } from 'vitest'
import { readVaultCertificate } from '../../../../cli/vault/certificates.ts'
import type { VaultAccess } from '../../../../cli/vault/client.ts'
import type { ErrorCode } from '../../../../core/errors.ts'
import { appError } from '../../../support/app-error.ts'
import { vaultError, withStubVault } from '../../../support/stub-vault.ts'

const stub = withStubVault()
beforeEach(() => void stub().traced.splice(0))

const read = async (access?: VaultAccess) =>
  readVaultCertificate(access ?? (await stub().access()), { name: 'daemon' }, new AbortController().signal)
const refused = async (code: ErrorCode, answer: ReturnType<typeof vaultError>) => {
  stub().answer = answer
  return appError(code, () => read())
}

const OID = '11111111-2222-3333-4444-555555555555'
const byRole = (action: string) =>
  [
    'Caller is not authorized to perform action on resource.',
    'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
    `Caller: appid=00000000-0000-0000-0000-000000000000;oid=${OID};iss=https://sts.windows.net/x/`,
    `Action: 'Microsoft.KeyVault/vaults/${action}'`,
    "Resource: '/subscriptions/a-b/resourcegroups/rg/providers/microsoft.keyvault/vaults/contoso/certificates/daemon'",
    'Assignment: (not found)',
    'DenyAssignmentId: null',
    'DecisionReason: null ',
    'Vault: contoso;location=westeurope',
    '',
  ].join('\r\n')

describe('a denial by role', () => {
  it.each([
    ['certificates/read', 'certificates get', 'Key Vault Reader'],
    ['certificates/create/action', 'certificates create', 'Key Vault Certificates Officer'],
    ['certificates/purge/action', 'certificates purge', 'Key Vault Certificates Officer'],
    ['keys/sign/action', 'keys sign', 'Key Vault Crypto User'],
    ['secrets/getSecret/action', 'secrets get', 'Key Vault Secrets User'],
    ['storageaccounts/set/action', 'storageaccounts set', 'Key Vault Administrator'],
  ])('of %s names the permission, and the role that has it', async (action, permission, role) => {
    const error = await refused(
      'vault-refused',
      vaultError(403, 'Forbidden', byRole(action), 'ForbiddenByRbac'),
    )
    expect(error.message).toContain(`denies "${permission}"`)
    expect(error.hint).toBe(
      `grant it: az role assignment create --role "${role}" --assignee-object-id ${OID} --scope /subscriptions/a-b/resourcegroups/rg/providers/microsoft.keyvault/vaults/contoso`,
    )
    expect(error.serviceCode).toBe('ForbiddenByRbac')
  })

  it('without the caller leaves a place for it', async () => {
    const message = "Action: 'Microsoft.KeyVault/vaults/certificates/read'"
    const { hint } = await refused('vault-refused', vaultError(403, 'Forbidden', message))
    expect(hint).toContain('--assignee-object-id OBJECT_ID --scope "$(az keyvault show --name VAULT')
  })
})

describe('a denial', () => {
  it('by the firewall says how to let the machine in', async () => {
    const message = 'Client address is not authorized and caller is not a trusted service.'
    const error = await refused('vault-refused', vaultError(403, 'Forbidden', message, 'ForbiddenByFirewall'))
    expect(error.message).toContain('firewall')
    expect(error.hint).toContain('az keyvault network-rule add --name localhost --ip-address ADDRESS')
  })

  it.each([
    ['Client address: 192.0.2.7\r\nCaller: appid=x', '192.0.2.7'],
    ['Client address (192.0.2.7) is not authorized and caller is not a trusted service', '192.0.2.7'],
    [
      'Client address is not authorized and caller is not a trusted service.\r\nClient address: 2001:db8::7\r\nCaller: x',
      '2001:db8::7',
    ],
  ])('by the firewall names this machine, out of %j', async (message, address) => {
    const { hint } = await refused(
      'vault-refused',
      vaultError(403, 'Forbidden', message, 'ForbiddenByFirewall'),
    )
    expect(hint).toBe(`let it in: az keyvault network-rule add --name localhost --ip-address ${address}`)
  })

  it.each([
    [
      'Public network access is disabled and request is not from a trusted service nor via an approved private link.',
      undefined,
    ],
    ['No.', 'ForbiddenByConnection'],
  ])('of whoever does not come over the private link: %s', async (message, inner) => {
    const error = await refused('vault-refused', vaultError(403, 'Forbidden', message, inner))
    expect(error.message).toContain('private link')
    expect(error.hint).toContain('az keyvault update --name localhost --public-network-access Enabled')
  })

  it('in other words is told without guessing a permission', async () => {
    const { message, hint } = await refused('vault-refused', vaultError(403, 'Forbidden', 'No.'))
    expect(message).toContain('denies this')
    expect(hint).toContain('az role assignment list')
  })

  it('with shell characters in its text puts none of them into the command', async () => {
    const message = `The user 'oid=${OID};iss=x' does not have keys sign permission on key vault 'v; rm -rf ~;location=x'.`
    const { hint } = await refused('vault-refused', vaultError(403, 'Forbidden', message))
    expect(hint).toBe(`grant it: az keyvault set-policy --name v --object-id ${OID} --key-permissions sign`)
  })

  it('of the token tells its code, and to sign in to the right tenant', async () => {
    const message = `AKV10032: Invalid issuer. Expected one of https://sts.windows.net/${OID}/, found https://sts.windows.net/b/.`
    const { serviceCode, hint } = await refused('vault-refused', vaultError(401, 'Unauthorized', message))
    expect(serviceCode).toBe('AKV10032')
    expect(hint).toContain(`az login --tenant ${OID} (or: todo-cli config set vaultTenantId ${OID})`)
  })

  it.each([
    [
      'AKV10022: Invalid audience. Expected https://vault.azure.net, found: x.',
      'AKV10022',
      /todo-cli config get keyVaultUrl/,
    ],
    ['AKV10032: Invalid issuer.', 'AKV10032', /az login --tenant TENANT_ID/],
    [
      'AKV10046: Unable to resolve the key used for signature validation.',
      'AKV10046',
      /try again in a minute/,
    ],
    ['AKV10999: Something new.', 'AKV10999', /az login --tenant TENANT_ID/],
    ['No.', 'Unauthorized', /az login/],
  ])('of the token, %s', async (message, code, hinted) => {
    const error = await refused('vault-refused', vaultError(401, 'Unauthorized', message))
    expect(error.serviceCode).toBe(code)
    expect(error.message).toMatch(new RegExp(`does not accept the token: .+ \\(${code}\\)$`))
    expect(error.hint).toMatch(hinted)
  })

  it('keeps the words of the vault, with the id of the request, for --verbose', async () => {
    const answer = vaultError(403, 'Forbidden', 'Words.', 'ForbiddenByRbac', { 'x-ms-request-id': 'abc-123' })
    const { cause } = await refused('vault-refused', answer)
    expect(String(cause)).toContain('Words. (x-ms-request-id abc-123)')
  })
})

describe('an answer of', () => {
  it.each<[number, string, string | undefined, ErrorCode]>([
    [404, 'CertificateNotFound', undefined, 'vault-certificate-missing'],
    [409, 'Conflict', 'ObjectIsDeletedButRecoverable', 'vault-name-deleted'],
    [409, 'Conflict', 'ObjectIsBeingDeleted', 'vault-failed'],
    [409, 'Conflict', undefined, 'vault-failed'],
    [403, 'Forbidden', 'SecretDisabled', 'vault-certificate-disabled'],
    [403, 'Forbidden', 'KeyExpired', 'vault-refused'],
    [400, 'BadParameter', undefined, 'vault-failed'],
  ])('%i %s %s is %s', async (status, code, inner, expected) => {
    const { hint } = await refused(expected, vaultError(status, code, 'Words of the vault.', inner))
    expect(hint).toBeTruthy()
  })

  it('a name that is deleted but recoverable tells both ways on', async () => {
    const answer = vaultError(409, 'Conflict', 'deleted', 'ObjectIsDeletedButRecoverable')
    const { hint } = await refused('vault-name-deleted', answer)
    expect(hint).toContain(`todo-cli cert recover ${stub().url}/certificates/daemon`)
    expect(hint).toContain(`todo-cli cert remove ${stub().url}/certificates/daemon --purge`)
  })

  it('429 with a long wait is final, and says how long', async () => {
    const busy = vaultError(429, 'Throttled', 'slow down', undefined, { 'retry-after': '3600' })
    const { message } = await refused('vault-unreachable', busy)
    expect(message).toContain('asks to wait 3600 s')
    expect(stub().traced).toEqual(['GET 401', 'GET 429'])
  })

  it('another address is not followed, for the token would go with it', async () => {
    const elsewhere = vaultError(307, 'x', 'x', undefined, { location: 'https://localhost:1/' })
    const { message } = await refused('vault-failed', elsewhere)
    expect(message).toContain('sends elsewhere')
    expect(stub().traced).toEqual(['GET 401', 'GET 307'])
  })

  it('a key in another vault is refused, for the token would go there', async () => {
    const body = {
      id: `${stub().url}/certificates/daemon/1`,
      kid: 'https://evil.example/keys/daemon/1',
      cer: 'AA==',
    }
    stub().answer = (_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...body, attributes: {} }))
    const { message } = await appError('vault-failed', () => read())
    expect(message).toContain('another vault')
  })

  it.each(['<html>', '', '[]', '{"cer":1}'])('%j is no certificate', async (body) => {
    stub().answer = (_request, response) => response.setHeader('content-type', 'application/json').end(body)
    await expect(read()).rejects.toThrow(/could not be used|not complete yet|is not a key vault/)
  })
})

describe('a vault that does not answer', () => {
  it('is asked once where its name is unknown', async () => {
    const access = { ...(await stub().access()), vaultUrl: 'https://nothing.invalid' }
    await appError('vault-unreachable', () => read(access))
    expect(stub().traced).toHaveLength(1)
  })

  it('is asked once where nothing listens', async () => {
    const access = { ...(await stub().access()), vaultUrl: 'https://localhost:1' }
    const { message, hint } = await appError('vault-unreachable', () => read(access))
    expect(message).toBe('can not reach the key vault at https://localhost:1: nothing listens there')
    expect(hint).toContain('todo-cli local start')
    expect(stub().traced).toEqual(['GET failed: ECONNREFUSED'])
  })

  it('is asked once where its certificate is not trusted', async () => {
    const access = await stub().access(null)
    await appError('tls-untrusted', () => read(access))
    expect(stub().traced).toHaveLength(1)
  })

  it('is given up after the time that --timeout allows', async () => {
    stub().answer = () => {}
    const access = await stub().access(stub().caPem, 50)
    const { message } = await appError('vault-unreachable', () => read(access))
    expect(message).toContain('no answer within 0.05 s')
  })
})
