/** A vault opened for a command: its settings, and what the command's context lends. */
import type { Context } from '../context.ts'
import { type VaultAccess, type VaultDeps, vaultAccess } from './client.ts'
import { VAULT_SETTINGS } from './settings.ts'

/** @throws AppError `setting-missing` where neither `vaultUrl` nor a setting names a vault */
export async function openVault(context: Context, vaultUrl?: string): Promise<VaultAccess> {
  return vaultAccess(await context.settings(VAULT_SETTINGS), await vaultDeps(context), vaultUrl)
}

export async function vaultDeps({ io, out, agents }: Context): Promise<VaultDeps> {
  return {
    agents: await agents(),
    signal: io.signal,
    warn: (line) => out.warn(line),
    trace: (line) => out.trace(line),
  }
}
