import { signedOut, signInFile } from '../../auth/user.ts'
import type { Action } from '../../command.ts'
import { fieldsOfUser, jsonOfUser } from './fields.ts'

/** `todo-cli whoami`: no request; whether the sign-in still holds shows when it is used. */
export const whoami: Action = async ({ home, out, settings }) => {
  const file = signInFile({
    settings: await settings(),
    folder: home.tokens,
    warn: (line) => out.warn(line),
  })
  const signedIn = await file.read()
  if (signedIn === undefined) throw signedOut('no user is signed in')
  out.fields(fieldsOfUser(signedIn.user), jsonOfUser(signedIn.user))
  return undefined
}
