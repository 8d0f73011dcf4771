import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../core/errors.ts'
import type { Io } from './io.ts'

/**
 * Asks a person at a terminal for one line; a hidden one does not show while it is typed.
 *
 * @throws AppError `interrupted` where the input ends without an answer
 */
export async function ask(io: Io, question: string, { hidden = false } = {}): Promise<string> {
  const { stdin, stderr, signal } = io
  // Without an output the terminal itself echoes what is typed; with `terminal` readline does, and here nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface(
    hidden ? { input: stdin, output: nowhere, terminal: true } : { input: stdin },
  )
  let answered = false
  try {
    const ended = once(terminal, 'close', { signal }).then(() => {
      throw new AppError('interrupted', 'nothing was answered')
    })
    const line = terminal.question('', { signal })
    // Asked once nothing shows any more, or whoever answers at once would see it.
    stderr.write(question)
    const answer = await Promise.race([line, ended])
    answered = true
    return answer
  } catch (error) {
    // While nothing shows, the terminal hands Ctrl-C and Ctrl-D over as keys, and readline throws its own error for them.
    if (error instanceof Error && error.name === 'AbortError')
      throw new AppError('interrupted', 'interrupted')
    throw error
  } finally {
    terminal.close()
    // What was typed ended the line, but where it did not show, and where it was no answer.
    if (hidden || !answered) stderr.write('\n')
  }
}
