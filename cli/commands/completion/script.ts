import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import { SHELLS, type Shell } from '../../completion/shells.ts'
import { didYouMean } from '../../did-you-mean.ts'

/** `todo-cli completion SHELL`: on a terminal it says how to install the script. */
export const script: Action = async ({ io, out }, [name = '']) => {
  const shell = shellNamed(name)
  if (out.json) out.value({ shell: name, script: shell.script })
  else out.text(shell.script.trimEnd())
  if (io.stdout.isTTY) out.note(`to install it: ${shell.install}`)
  return undefined
}

/** @throws AppError `usage` */
export function shellNamed(name: string): Shell {
  const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined
  if (shell !== undefined) return shell
  const near = didYouMean(name, Object.keys(SHELLS))
  throw new AppError('usage', `there is no completion for "${name.slice(0, 64)}"${near}`, {
    hint: `take one of ${Object.keys(SHELLS)
      .map((each) => `todo-cli completion ${each}`)
      .join(', ')}`,
  })
}
