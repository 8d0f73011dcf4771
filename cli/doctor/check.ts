/**
 * A check of `todo-cli doctor`, and how checks run: each as soon as those that it needs have passed, told in the order of
 * the data path, so that the first failure is the cause.
 */
import { AppError } from '../../core/errors.ts'
import { causesOf } from '../report.ts'

export type Status = 'ok' | 'warn' | 'fail' | 'skip'

export interface Finding {
  readonly status: Status
  /** What was seen, in one line; of a check that was skipped: why. */
  readonly seen: string
  /** The next command to type. */
  readonly next?: string | undefined
  /** The code of the error, see docs/errors.md. */
  readonly code?: string | undefined
}

export interface CheckResult extends Finding {
  readonly check: string
}

export interface ToldResult {
  readonly result: CheckResult
  /** What only `--verbose` tells. */
  readonly words: readonly string[]
  /** Whether those that need it can go on; a check that does not apply stands in nobody's way. */
  readonly passed: boolean
}

export interface Check {
  readonly name: string
  /** The checks without whose success this one says nothing. */
  readonly needs: readonly string[]
  /** An AppError thrown is a failure with that message and hint. */
  run(): Promise<Finding>
}

export interface Limits {
  /** The longest that one check may take, in milliseconds. */
  readonly eachMs: number
  /** The longest that all of them may take. */
  readonly allMs: number
}

/** Runs the checks, and gives each result in their order, as soon as it and those before it are there. */
export async function* runChecks(
  checks: readonly Check[],
  { eachMs, allMs }: Limits,
): AsyncGenerator<ToldResult> {
  const started = Date.now()
  const results = new Map<string, Promise<ToldResult>>()
  for (const check of checks) {
    const { name, needs } = check
    const result = Promise.all(needs.map((need) => results.get(need))).then(async (needed) => {
      const blocker = needed.find((each) => each?.passed === false)?.result.check
      if (blocker !== undefined) return blocked(name, blocker)
      const left = started + allMs - Date.now()
      const { words, ...finding } = await attempt(check, Math.max(0, Math.min(eachMs, left)))
      return { result: { check: name, ...finding }, words, passed: finding.status !== 'fail' }
    })
    // Whoever waits for it in its turn is told; until then nobody is.
    result.catch(() => {})
    results.set(name, result)
  }
  for (const result of results.values()) yield await result
}

const blocked = (check: string, blocker: string): ToldResult => ({
  result: { check, status: 'skip', seen: `not looked at, for want of: ${blocker}` },
  words: [],
  passed: false,
})

async function attempt({ run }: Check, limitMs: number): Promise<Finding & { words: readonly string[] }> {
  try {
    return { words: [], ...(await within(limitMs, run)) }
  } catch (error) {
    if (error instanceof AppError && error.code !== 'interrupted') {
      const { message, hint, code, details } = error
      const words = [...details, ...causesOf(error)]
      return { status: 'fail', seen: message, next: hint, code, words }
    }
    throw error
  }
}

/** What takes longer is left alone: it ends with the program. */
async function within(limitMs: number, run: () => Promise<Finding>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Finding>((resolve) => {
    const finding = {
      status: 'fail',
      seen: `no result within ${Math.round(limitMs / 100) / 10} s`,
      next: 'give it longer: todo-cli doctor --timeout 60s; or see what takes long: todo-cli doctor --verbose',
    } as const
    timer = setTimeout(() => resolve(finding), limitMs)
  })
  try {
    return await Promise.race([run(), late])
  } finally {
    clearTimeout(timer)
  }
}
