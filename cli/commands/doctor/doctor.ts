import type { Action } from '../../command.ts'
import { type CheckResult, runChecks, type Status } from '../../doctor/check.ts'
import { doctorChecks } from '../../doctor/checks.ts'
import { printable } from '../../io.ts'

const COLORS: Readonly<Record<Status, number>> = { ok: 32, warn: 33, fail: 31, skip: 2 }

/** `todo-cli doctor`: exit code 1 where a check failed. */
export const doctor: Action = async (context) => {
  const { out } = context
  const results: CheckResult[] = []
  for await (const result of runChecks(doctorChecks(context))) {
    results.push(result)
    if (out.json) continue
    const { status, check, seen, next } = result
    out.text(`${out.paint(status.padEnd(4), COLORS[status])}  ${check.padEnd(12)}  ${printable(seen)}`)
    if (next !== undefined) out.text(`      ${' '.repeat(12)}  next: ${printable(next)}`)
  }
  if (out.json) out.value(results)
  return results.some(({ status }) => status === 'fail') ? 1 : 0
}
