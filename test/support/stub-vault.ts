/**
 * A vault that says what a test wants it to say, on a real HTTPS socket: for answers that the local tenant never gives.
 * It begins with the challenge, as every vault does.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { type VaultAccess, vaultOptions } from '../../cli/vault/client.ts'
import { localhostTls } from './issuer.ts'

export interface StubVault {
  readonly url: string
  readonly caPem: string
  /** What the next requests with a token are answered. */
  answer: (request: IncomingMessage, response: ServerResponse<IncomingMessage>) => void
  /** The tenant that its challenge names. */
  tenant: string
  /** `METHOD status` of each request: what was sent, the challenge included. */
  readonly traced: string[]
  /** null: no CA but the built-in ones. */
  access(caPem?: string | null, timeoutMs?: number): Promise<VaultAccess>
}

/** An error body of Key Vault's. */
export const vaultError =
  (status: number, code: string, message: string, inner?: string, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    const innererror = inner === undefined ? {} : { innererror: { code: inner } }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error: { code, message, ...innererror } }))
  }

export function withStubVault(): () => StubVault {
  let stub: StubVault | undefined
  let close = () => {}
  beforeAll(async () => {
    const { certPem, keyPem } = await localhostTls()
    const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
      if (request.headers.authorization !== undefined) {
        stub?.answer(request, response)
        return
      }
      const challenge = `Bearer authorization="https://login.windows.net/${stub?.tenant}", resource="https://vault.azure.net"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    close = () => {
      server.closeAllConnections()
      server.close()
    }
    const { port } = server.address() as AddressInfo
    const traced: string[] = []
    const url = `https://localhost:${port}`
    stub = {
      url,
      caPem: certPem,
      tenant: 'x',
      answer: vaultError(404, 'NotFound', 'nothing'),
      traced,
      access: async (caPem: string | null = certPem, timeoutMs = 10_000) => ({
        vaultUrl: url,
        credential: {
          getToken: async () => ({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
        },
        options: await vaultOptions(url, {
          caPem: caPem ?? undefined,
          timeoutMs,
          trace: (line) => traced.push(line.replace(/ https:\/\/\S+/, '').replace(/ \d+ ms$/, '')),
        }),
      }),
    }
  })
  afterAll(() => close())
  return () => {
    if (stub === undefined) throw new Error('the stub is there within tests only')
    return stub
  }
}
