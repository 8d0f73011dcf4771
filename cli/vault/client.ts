/** Clients for Azure Key Vault, configured as for the cloud, but for what loopback needs. */
import { isLoopbackHost } from '../../core/loopback.ts'
import type { SettingValues } from '../settings.ts'
import { vaultCredential } from './credential.ts'

export type VaultAccess = Awaited<ReturnType<typeof vaultAccess>>

export interface VaultDeps {
  readonly caPem: string | undefined
  trace(line: string): void
}

/**
 * The vault's credential, and the options that each client takes. A loopback vault's host can never end in
 * `.vault.azure.net`, which the clients check against the challenge; for it, and for no other, that check is off.
 */
export async function vaultAccess(
  settings: SettingValues,
  { caPem, trace }: VaultDeps,
  vaultUrl: string = settings.need('keyVaultUrl'),
) {
  const credential = await vaultCredential(settings, caPem)
  return {
    vaultUrl,
    credential,
    options: {
      disableChallengeResourceVerification: isLoopbackHost(new URL(vaultUrl).hostname),
      retryOptions: { maxRetries: 2, maxRetryDelayInMs: 2000 },
      additionalPolicies: [{ policy: tracePolicy(trace), position: 'perCall' as const }],
      ...(caPem === undefined ? {} : { tlsOptions: { ca: caPem } }),
    },
  }
}

interface TracedRequest {
  readonly method: string
  readonly url: string
}

/** Method, URL without its query, status and milliseconds, for `--verbose`. */
function tracePolicy(trace: (line: string) => void) {
  return {
    name: 'todo-cli-trace',
    async sendRequest<Request extends TracedRequest, Response extends { status: number }>(
      request: Request,
      next: (request: Request) => Promise<Response>,
    ): Promise<Response> {
      const started = performance.now()
      const response = await next(request)
      trace(
        `${request.method} ${request.url.split('?')[0]} ${response.status} ${Math.round(performance.now() - started)} ms`,
      )
      return response
    },
  }
}
