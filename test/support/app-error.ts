import { expect } from 'vitest'
import { AppError, type ErrorCode } from '../../core/errors.ts'

/** Runs `action` and returns the AppError that it throws; fails where it throws none, or one with another code. */
export async function appError(code: ErrorCode, action: () => unknown): Promise<AppError> {
  const thrown = await Promise.resolve()
    .then(action)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(thrown).toBeInstanceOf(AppError)
  if (!(thrown instanceof AppError)) throw new TypeError('unreachable')
  expect(thrown.code).toBe(code)
  expect(thrown.message).not.toMatch(/[\r\n]/)
  return thrown
}
