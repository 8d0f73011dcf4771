import { builtInSources } from '../../auth/sources/registry.ts'
import { SETTINGS, type SettingSpec } from '../../settings.ts'

/** Every setting there is: the table's, and those of each source. */
export async function allSettings(): Promise<readonly SettingSpec[]> {
  const specs = [...SETTINGS, ...(await builtInSources()).flatMap(({ settings }) => settings)]
  return specs.filter(({ key }, index) => specs.findIndex((other) => other.key === key) === index)
}
