import { describe, expect, test } from 'vitest'
import { hostnameOf, isOwnHost, serviceOfCloudHost } from '../../../../tenant/http/hosts.ts'

describe('the Host header', () => {
  test.each([
    ['issuer', 'localhost:8443'],
    ['issuer', '127.0.0.1:8443'],
    ['issuer', '[::1]:8443'],
    ['issuer', 'contoso.ciamlogin.com'],
    ['issuer', 'contoso.ciamlogin.com:443'],
    ['issuer', 'login.microsoftonline.com'],
    ['vault', 'my-vault.vault.azure.net'],
    ['graph', 'graph.microsoft.com'],
    ['admin', 'localhost:8443'],
  ] as const)('of the %s may be %s', (service, host) => {
    expect(isOwnHost(service, host, 8443)).toBe(true)
  })

  test.each([
    ['issuer', ''],
    ['issuer', 'localhost'],
    ['issuer', 'localhost:8444'],
    ['issuer', 'localhost.example.org:8443'],
    ['issuer', '127.0.0.1.example.org:8443'],
    ['issuer', 'evil.example:8443'],
    ['issuer', 'contoso.ciamlogin.com:8443'],
    ['issuer', 'contoso.ciamlogin.com.evil.example'],
    ['issuer', 'a.b.ciamlogin.com'],
    ['issuer', 'my-vault.vault.azure.net'],
    ['vault', 'graph.microsoft.com'],
    ['vault', 'vault.azure.net'],
    ['graph', 'login.microsoftonline.com'],
    ['admin', 'graph.microsoft.com'],
    ['admin', 'login.microsoftonline.com'],
    ['issuer', 'localhost:8443:8443'],
    ['issuer', 'user@localhost:8443'],
    ['issuer', 'evil.example:localhost:8443'],
    ['issuer', 'evil.example[::1]:8443'],
    ['vault', 'a.b.vault.azure.net'],
    ['vault', 'my-vault.vault.azure.net.evil.example'],
    ['graph', 'evilgraph.microsoft.com'],
    ['graph', 'graph.microsoft.com.evil.example'],
    ['graph', 'management.azure.com.evil.example'],
    ['issuer', 'login-microsoftonline.com'],
    ['issuer', 'login.microsoftonline-com'],
    ['issuer', 'evil-login.microsoftonline.com'],
    ['issuer', 'login.windows-net'],
    ['issuer', 'login-windows.net'],
    ['issuer', 'contoso.ciamlogin-com'],
    ['issuer', 'contoso-ciamlogin.com'],
    ['issuer', 'evil_contoso.ciamlogin.com'],
    ['vault', 'my-vault-vault.azure.net'],
    ['vault', 'my-vault.vault-azure.net'],
    ['vault', 'my-vault.vault.azure-net'],
    ['vault', 'my_vault.vault.azure.net'],
    ['graph', 'graph-microsoft.com'],
    ['graph', 'graph.microsoft-com'],
    ['graph', 'management-azure.com'],
    ['graph', 'management.azure-com'],
    ['pages', 'login.microsoftonline.com'],
    ['pages', 'evil.example'],
  ] as const)('of the %s may not be %j', (service, host) => {
    expect(isOwnHost(service, host, 8443)).toBe(false)
  })

  test('leads each cloud name to one service', () => {
    expect(
      ['login.windows.net', 'x.vault.azure.net', 'management.azure.com'].map(serviceOfCloudHost),
    ).toEqual(['issuer', 'vault', 'graph'])
  })
})

test.each([
  ['localhost:8443', 'localhost'],
  ['localhost', 'localhost'],
  ['[::1]:8443', '[::1]'],
  ['[::1]', '[::1]'],
])('the name of the host %s is %s', (host, name) => {
  expect(hostnameOf(host)).toBe(name)
})
