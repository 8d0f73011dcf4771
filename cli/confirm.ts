import { createInterface } from 'node:readline/promises'
import { AppError } from '../core/errors.ts'
import type { Io, Output } from './io.ts'

/**
 * Asks before something is lost. Never asks where nobody could answer.
 *
 * @throws AppError `usage` without a terminal and without `--yes`; `interrupted` when the answer is no
 */
export async function confirm(io: Io, out: Output, question: string, yes: boolean): Promise<void> {
  if (yes) return
  if (!out.interactive)
    throw new AppError('usage', `${question} Nobody can answer: this is no terminal`, {
      hint: 'if you are sure, add --yes',
    })
  const terminal = createInterface({ input: io.stdin, output: io.stderr as NodeJS.WritableStream })
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: io.signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new AppError('interrupted', 'nothing was changed')
  } finally {
    terminal.close()
  }
}
