import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { resolveSettings } from '../../../../cli/settings.ts'
import { vaultCredential } from '../../../../cli/vault/credential.ts'
import { VAULT_SETTINGS } from '../../../../cli/vault/settings.ts'
import { appError } from '../../../support/app-error.ts'

const inEnv = async (env: Record<string, string>, scope = 'https://vault.azure.net/.default') => {
  for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const settings = resolveSettings(VAULT_SETTINGS, { flags: { vaultAuth: 'managed' }, env })
  const { signal } = new AbortController()
  const deps = { caPem: undefined, timeoutMs: 10_000, signal, warn: () => {}, trace: () => {} }
  return (await (await vaultCredential(settings, deps)).getToken(scope))?.token
}
afterEach(() => vi.unstubAllEnvs())

// MSAL keeps the source and the tokens of managed identities for the whole process, so that the header is one for all
// tests, and each asks for a token of its own.
describe('--vault-auth managed', () => {
  const HEADER = 'the-identity-header'
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const known =
      request.headers['x-identity-header'] === HEADER && !request.url?.includes('client_id=not-assigned')
    const expires_on = Math.floor(Date.now() / 1000) + 3600
    const answer = known
      ? { access_token: 'managed', token_type: 'Bearer', expires_on }
      : { error: 'invalid_request', error_description: 'No such identity.' }
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => server.close())
  const endpoint = () => ({
    IDENTITY_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
    IDENTITY_HEADER: HEADER,
  })

  it('says that the identity is refused, without the header', async () => {
    const env = { ...endpoint(), AZURE_CLIENT_ID: 'not-assigned' }
    const { hint, message, details } = await appError('vault-signed-out', () => inEnv(env))
    expect(hint).toContain('managed identity')
    expect(details).toEqual(['managed: this machine has no managed identity, or it was refused'])
    expect(message).not.toContain(HEADER)
  })

  it('opens the vault with the token of the identity endpoint', async () => {
    expect(await inEnv(endpoint())).toBe('managed')
    expect(asked.at(-1)?.url).toContain('resource=https%3A%2F%2Fvault.azure.net')
  })

  it('opens it as the user-assigned identity that is named', async () => {
    await inEnv({ ...endpoint(), AZURE_CLIENT_ID: 'user-assigned' }, 'https://another.azure.net/.default')
    expect(asked.at(-1)?.url).toContain('client_id=user-assigned')
  })
})
