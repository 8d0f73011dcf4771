import type { Action } from '../../command.ts'
import { allSettings } from './all-settings.ts'
import { knownSetting } from './known-setting.ts'

/** `todo-cli config get KEY` */
export const get: Action = async ({ out, settings, plugins }, [key = '']) => {
  const specs = await allSettings(await plugins())
  knownSetting(specs, key)
  const value = (await settings(specs)).need(key)
  if (out.json) out.value({ [key]: value })
  else out.text(value)
  return undefined
}
