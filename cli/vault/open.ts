/** A vault opened for a command: its settings, and what the command's context lends. */
import type { Context } from '../context.ts'
import { proxyEnv } from '../proxy-env.ts'
import { type VaultAccess, type VaultDeps, vaultAccess } from './client.ts'
import { VAULT_SETTINGS } from './settings.ts'

/** @throws AppError `setting-missing` where neither `vaultUrl` nor a setting names a vault */
export async function openVault(context: Context, vaultUrl?: string): Promise<VaultAccess> {
  return vaultAccess(await context.settings(VAULT_SETTINGS), await vaultDeps(context), vaultUrl)
}

export async function vaultDeps({ io, out, env, caPem }: Context): Promise<VaultDeps> {
  return {
    caPem: await caPem(),
    proxyEnv: proxyEnv(env),
    signal: io.signal,
    warn: (line) => out.warn(line),
    trace: (line) => out.trace(line),
  }
}
