import { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { Action } from '../../command.ts'
import { complete } from '../../completion/complete.ts'
import { valuesKnownTo } from '../../completion/values.ts'
import { type Context, createContext, type Flags } from '../../context.ts'
import type { Io } from '../../io.ts'
import { shellNamed } from './script.ts'

/** A person waits for the answer: a vault that takes longer is left out. Milliseconds. */
const PATIENCE = 3000

/** `todo-cli __complete SHELL -- WORDS...`: one candidate a line. */
export const answerFor =
  (root: Command): Action =>
  async ({ io, out, env, program }, [name = '', ...typed], { breaks }) => {
    const shell = shellNamed(name)
    const words = name === 'powershell' ? typed.map((word) => word.replace(/^:/, '')) : typed
    const opened: Context[] = []
    const contextFor = (flags: Flags) => {
      const context = createContext({ io: silent(io), env, flags, program })
      opened.push(context)
      return context
    }
    try {
      for (const candidate of await complete(root, words, valuesKnownTo(contextFor))) {
        out.text(shell.line(candidate, words.at(-1) ?? '', typeof breaks === 'string' ? breaks : ''))
      }
    } finally {
      await Promise.all(opened.map((context) => context.close()))
    }
    return undefined
  }

/** Nobody is asked and nothing is said: between two keys of a person that would be in the way. */
function silent({ signal }: Io): Io {
  const nowhere = { write: () => {} }
  return {
    stdin: Readable.from([]),
    stdout: nowhere,
    stderr: nowhere,
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
  }
}
