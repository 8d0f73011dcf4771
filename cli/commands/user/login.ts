import { signIn } from '../../auth/user.ts'
import type { Action } from '../../command.ts'
import { fieldsOfUser, jsonOfUser } from './fields.ts'

/** `todo-cli login`: waits until the code was entered, at most as long as the issuer lets it live. */
export const login: Action = async ({ home, http, io, out, settings }) => {
  let done = () => {}
  const deps = {
    settings: await settings(),
    http: await http(),
    folder: home.tokens,
    signal: io.signal,
    warn: (line: string) => out.warn(line),
  }
  try {
    const user = await signIn(deps, (sentence) => {
      out.tell(sentence)
      done = out.progress('waiting until the code is entered; Ctrl-C gives up …')
    })
    out.fields(fieldsOfUser(user), jsonOfUser(user))
    out.note('next: todo-cli todos list --auth user')
  } finally {
    done()
  }
  return undefined
}
