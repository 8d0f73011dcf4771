import type { Action } from '../../command.ts'
import { changeProfiles, pickProfile, readProfiles } from '../../profiles.ts'

/** `todo-cli config use PROFILE` */
export const use: Action = async ({ home, out }, [name = '']) => {
  pickProfile(await readProfiles(home.profiles), name)
  await changeProfiles(home.profiles, (all) => ({ ...all, current: name }))
  if (out.json) out.value({ current: name })
  out.note(`commands now use the profile ${name}`)
  return undefined
}
