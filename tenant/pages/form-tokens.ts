import { randomBytes } from 'node:crypto'

/** A token for each page that was shown; a form is taken once, with the token of its page. */
export interface FormTokens {
  issue(): string
  /** True the first time. */
  redeem(token: string): boolean
}

/** The most pages that wait for an answer; the oldest are forgotten first. */
const WAITING_MAX = 200

export function createFormTokens(): FormTokens {
  const waiting = new Set<string>()
  return {
    issue: () => {
      const token = randomBytes(24).toString('base64url')
      waiting.add(token)
      const [oldest] = waiting
      if (waiting.size > WAITING_MAX && oldest !== undefined) waiting.delete(oldest)
      return token
    },
    redeem: (token) => waiting.delete(token),
  }
}
