import type { Action } from '../../command.ts'
import { type CheckResult, runChecks, type Status } from '../../doctor/check.ts'
import { doctorChecks } from '../../doctor/checks.ts'
import { printable } from '../../io.ts'
import type { Style } from '../../style.ts'

/** Only what deserves a look is coloured. */
const STYLES: Readonly<Partial<Record<Status, Style>>> = { warn: 'warning', fail: 'error', skip: 'faint' }

/** `todo-cli doctor`: exit code 1 where a check failed. */
export const doctor: Action = async (context) => {
  const { out } = context
  const results: CheckResult[] = []
  for await (const result of runChecks(doctorChecks(context))) {
    results.push(result)
    if (out.json) continue
    const { status, check, seen, next } = result
    const [word, style] = [status.padEnd(4), STYLES[status]]
    out.text(`${style ? out.paint(word, style) : word}  ${check.padEnd(12)}  ${printable(seen)}`)
    if (next !== undefined) out.text(`      ${' '.repeat(12)}  next: ${printable(next)}`)
  }
  if (out.json) out.value(results)
  return results.some(({ status }) => status === 'fail') ? 1 : 0
}
