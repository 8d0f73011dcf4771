import { BearerError } from '../bearer.ts'
import { type Answer, BodyTooLarge, json } from '../http/exchange.ts'

/** A refusal in Key Vault's words: HTTP status, code, sentence, and the inner code where there is one. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly status: number
  readonly code: string
  readonly innerCode: string | undefined

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message)
    this.status = status
    this.code = code
    this.innerCode = innerCode
  }
}

/** @returns the error for a value that can't be used */
export function badParameter(message: string, innerCode?: string): VaultError {
  return new VaultError(400, 'BadParameter', message, innerCode)
}

export interface Expected {
  /** The WWW-Authenticate header of every 401. */
  readonly challenge: string
  readonly audience: string
  readonly issuer: string
}

export function answerVaultError(thrown: unknown, expected: Expected): Answer {
  const { challenge } = expected
  const error = thrown instanceof VaultError ? thrown : translated(thrown, expected)
  const { status, code, message, innerCode } = error
  const body = { error: { code, message, ...(innerCode ? { innererror: { code: innerCode } } : {}) } }
  return {
    ...json(status, body, status === 401 ? { 'www-authenticate': challenge } : {}),
    note: { code: innerCode ?? code, reason: message },
  }
}

function translated(thrown: unknown, expected: Expected): VaultError {
  if (thrown instanceof BearerError) return new VaultError(401, 'Unauthorized', wordingOf(thrown, expected))
  if (thrown instanceof BodyTooLarge)
    return new VaultError(413, 'RequestTooLarge', 'The request body is too large.')
  return new VaultError(500, 'InternalServerError', 'The local vault failed.')
}

function wordingOf({ reason, found }: BearerError, { audience, issuer }: Expected): string {
  switch (reason) {
    case 'missing':
      return 'AKV10000: Request is missing a Bearer or PoP token.'
    case 'audience':
      return `AKV10022: Invalid audience. Expected ${audience}, found: ${found}.`
    case 'issuer':
      return `AKV10032: Invalid issuer. Expected one of ${issuer}, found ${found}.`
    case 'expired':
      return 'AKV10073: The token has expired.'
    case 'signature':
    case 'malformed':
      return 'AKV10001: The token could not be validated.'
  }
}
