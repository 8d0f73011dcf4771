/** Clients for Azure Key Vault, configured as for the cloud, but for what loopback needs. */
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { isLoopbackHost } from '../../core/loopback.ts'
import { millisecondsOf, type SettingValues } from '../settings.ts'
import { type CredentialDeps, vaultCredential } from './credential.ts'
import { azureHttpClient, RETRIES, rememberingChallenge } from './http-client.ts'

/** An opened vault: what every client of Key Vault is made with. */
export interface VaultAccess {
  readonly vaultUrl: string
  readonly credential: TokenCredential
  readonly options: {
    readonly httpClient: HttpClient
    readonly disableChallengeResourceVerification: boolean
    readonly retryOptions: typeof RETRIES
  }
}

export interface VaultDeps extends Omit<CredentialDeps, 'timeoutMs'> {}

/**
 * The vault's credential, and the options that each client takes. A loopback vault's host can never end in
 * `.vault.azure.net`, which the clients check against the challenge; for it, and for no other, that check is off.
 */
export async function vaultAccess(
  settings: SettingValues,
  deps: VaultDeps,
  vaultUrl: string = settings.need('keyVaultUrl'),
): Promise<VaultAccess> {
  const timeoutMs = timeoutOf(settings)
  const credential = await vaultCredential(settings, { ...deps, timeoutMs })
  return { vaultUrl, credential, options: await vaultOptions(vaultUrl, { ...deps, timeoutMs }) }
}

/** @internal Apart from the credential, for tests with one of their own. */
export async function vaultOptions(
  vaultUrl: string,
  deps: Pick<CredentialDeps, 'caPem' | 'proxyEnv' | 'agents' | 'trace' | 'timeoutMs'>,
): Promise<VaultAccess['options']> {
  const httpClient = await azureHttpClient({ service: 'vault', ...deps })
  return {
    httpClient: await rememberingChallenge(httpClient),
    disableChallengeResourceVerification: isLoopbackHost(new URL(vaultUrl).hostname),
    retryOptions: RETRIES,
  }
}

/** `--timeout`, where the command has it. */
export function timeoutOf(settings: SettingValues): number {
  return millisecondsOf(settings.get('timeout') ?? '30s')
}
