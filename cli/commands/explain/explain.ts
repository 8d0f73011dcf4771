import { AppError, ERRORS } from '../../../core/errors.ts'
import { type Explanation, explainAadsts } from '../../auth/aadsts.ts'
import type { Action } from '../../command.ts'
import { explainVaultCode } from '../../vault/codes.ts'

/** `todo-cli explain CODE` */
export const explainCode: Action = async ({ out }, [code = '']) => {
  const { means, hint } = explanationOf(code.trim())
  out.fields(
    [
      ['means', means],
      ['next', hint],
    ],
    { code, means, next: hint },
  )
  return undefined
}

function explanationOf(code: string): Explanation {
  const found = explainAadsts(code) ?? explainVaultCode(code) ?? explainOwn(code)
  if (found !== undefined) return found
  throw new AppError('usage', `"${code.slice(0, 64)}" is no code that is known here`, {
    hint: /^(AADSTS)?\d+$/i.test(code)
      ? 'look it up: https://login.microsoftonline.com/error'
      : 'give a code such as AADSTS700027, ForbiddenByRbac or certificate-expired',
  })
}

function explainOwn(code: string): Explanation | undefined {
  if (!Object.hasOwn(ERRORS, code)) return undefined
  const { means, exitCode } = ERRORS[code as keyof typeof ERRORS]
  return { means, hint: `exit code ${exitCode}; find the cause: todo-cli doctor` }
}
