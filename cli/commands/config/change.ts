import { resolve } from 'node:path'
import type { Plugins } from '../../auth/sources/plugins.ts'
import { sourceNamed } from '../../auth/sources/registry.ts'
import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { pluginNames } from '../../plugin-names.ts'
import { assertProfileName, changeProfiles, pickProfile, readProfiles } from '../../profiles.ts'
import { SETTINGS, type SettingSpec } from '../../settings.ts'
import { allSettings } from './all-settings.ts'
import { knownSetting } from './known-setting.ts'

/** `todo-cli config set KEY VALUE`: the value is checked before it is written. */
export const set: Action = async (context, [key = '', given = '']) => {
  const spec = knownSetting(await settingsFor(key, context), key)
  // Checked as given and kept as given: `parse` may change units.
  spec.parse?.(given, key)
  const value = namesFile(spec) && given !== '-' ? resolve(given) : given
  if (key === 'auth' && value !== 'secret' && value !== 'user')
    await sourceNamed(value, await pluginsOf(context))
  const { profile, current } = await target(context)
  await changeProfiles(context.home.profiles, (all) => ({
    current: all.current ?? current,
    profiles: { ...all.profiles, [profile]: { ...all.profiles[profile], [key]: value } },
  }))
  if (context.out.json) context.out.value({ profile, key, value })
  context.out.note(`${key} is now ${value} in the profile ${profile}`)
  return undefined
}

/** `todo-cli config unset KEY` */
export const unset: Action = async (context, [key = '']) => {
  knownSetting(await settingsFor(key, context), key)
  const { profile } = await target(context)
  pickProfile(await readProfiles(context.home.profiles), profile)
  await changeProfiles(context.home.profiles, (all) => {
    const { [key]: _, ...rest } = all.profiles[profile] ?? {}
    return { ...all, profiles: { ...all.profiles, [profile]: rest } }
  })
  if (context.out.json) context.out.value({ profile, key, value: null })
  context.out.note(`${key} is no longer set in the profile ${profile}`)
  return undefined
}

/** A profile is used from every folder, so a file is kept by its whole path. */
const namesFile = ({ flag }: SettingSpec) => flag?.endsWith(' FILE') === true

/** The profile to change: that of `--profile`, else the current one, else `default`, which becomes the current one. */
async function target({
  home,
  profileName,
}: Context): Promise<{ profile: string; current: string | undefined }> {
  const { current } = await readProfiles(home.profiles)
  const profile = profileName ?? current ?? 'default'
  assertProfileName(profile)
  return { profile, current: profileName === undefined ? profile : undefined }
}

/** No plugin is loaded for a setting of the table: `plugins` itself can be changed whatever is wrong with one of them. */
async function settingsFor(key: string, context: Context): Promise<readonly SettingSpec[]> {
  const isOurs = SETTINGS.some((spec) => spec.key === key)
  return isOurs ? SETTINGS : allSettings(await pluginsOf(context))
}

/** The plugins of the profile that is changed, which may not be there yet. */
async function pluginsOf(context: Context): Promise<Plugins> {
  const { profile } = await target(context)
  const { profiles } = await readProfiles(context.home.profiles)
  const values = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined
  return { folder: context.home.plugins, names: pluginNames(values?.plugins ?? '') }
}
