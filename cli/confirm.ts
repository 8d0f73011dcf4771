import { AppError } from '../core/errors.ts'
import { ask } from './ask.ts'
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
  const answer = await ask(io, `${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new AppError('interrupted', 'nothing was changed')
}
