import type { SettingSpec } from '../../settings.ts'
import { disk } from './disk.ts'
import { keyvault } from './keyvault.ts'

/** What says which certificate is meant, on disk and in the vault. */
export const CERTIFICATE_SETTINGS: readonly SettingSpec[] = [...disk.settings, ...keyvault.settings]
