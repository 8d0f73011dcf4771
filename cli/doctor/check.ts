/** A check of `todo-cli doctor`, and how checks run: in the order of the data path, so that the first failure is the cause. */
import { AppError } from '../../core/errors.ts'

export type Status = 'ok' | 'warn' | 'fail' | 'skip'

export interface Finding {
  readonly status: Status
  /** What was seen, in one line. */
  readonly seen: string
  /** The next command to type. */
  readonly next?: string | undefined
  /** The code of the error, see docs/errors.md. */
  readonly code?: string | undefined
}

export interface CheckResult extends Finding {
  readonly check: string
}

export interface Check {
  readonly name: string
  /** The checks without whose success this one says nothing. */
  readonly needs: readonly string[]
  /** An AppError thrown is a failure with that message and hint. */
  run(): Promise<Finding>
}

/** Runs the checks one after the other, each result as it comes. */
export async function* runChecks(checks: readonly Check[]): AsyncGenerator<CheckResult> {
  const failed = new Set<string>()
  for (const { name, needs, run } of checks) {
    const blocker = needs.find((need) => failed.has(need))
    const finding: Finding =
      blocker === undefined
        ? await attempt(run)
        : { status: 'skip', seen: `not looked at, for want of: ${blocker}` }
    if (finding.status === 'fail' || finding.status === 'skip') failed.add(name)
    yield { check: name, ...finding }
  }
}

async function attempt(run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof AppError && error.code !== 'interrupted') {
      return { status: 'fail', seen: error.message, next: error.hint, code: error.code }
    }
    throw error
  }
}
