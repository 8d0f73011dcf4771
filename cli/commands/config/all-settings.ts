import type { Plugins } from '../../auth/sources/plugins.ts'
import { builtInSources, sourcesOf } from '../../auth/sources/registry.ts'
import { SETTINGS, type SettingSpec } from '../../settings.ts'

/** Every setting there is: the table's, and those of each source, the profile's plugins included. */
export async function allSettings(plugins?: Plugins): Promise<readonly SettingSpec[]> {
  const sources = [...(await builtInSources()), ...(await sourcesOf(plugins))]
  const specs = [...SETTINGS, ...sources.flatMap(({ settings }) => settings)]
  return specs.filter(({ key }, index) => specs.findIndex((other) => other.key === key) === index)
}
