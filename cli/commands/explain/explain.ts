import { AppError } from '../../../core/errors.ts'
import type { Action } from '../../command.ts'
import { explain, nearest } from '../../explain/explain.ts'

/** `todo-cli explain CODE` */
export const explainCode: Action = async ({ out }, [text = '']) => {
  // A whole message may be pasted; more of it than this holds no code.
  const given = text.trim().slice(0, 4000)
  const explained = explain(given)
  if (explained === undefined) throw unknown(given)
  const { code, means, hint } = explained
  out.fields(
    [
      ['code', code],
      ['means', means],
      ['next', hint],
    ],
    { code, means, next: hint },
  )
  return undefined
}

function unknown(given: string): AppError {
  const [best, ...others] = nearest(given.slice(0, 64))
  const or = others.length === 0 ? '' : ` (or ${others.join(', ')})`
  return new AppError('usage', `"${given.slice(0, 64)}" is no code that is known here`, {
    hint: best === undefined ? whereToLook(given) : `perhaps: todo-cli explain ${best}${or}`,
  })
}

function whereToLook(given: string): string {
  const number = /^(?:AADSTS)?(\d{4,9})$/i.exec(given)?.[1]
  if (number !== undefined) return `look it up: https://login.microsoftonline.com/error?code=${number}`
  if (/^AKV\d+$/i.test(given))
    return 'look it up: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes'
  return 'give a code such as AADSTS700027, ForbiddenByRbac, Request_BadRequest or certificate-expired: todo-cli explain AADSTS700027'
}
