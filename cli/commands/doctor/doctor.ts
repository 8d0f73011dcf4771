import type { Action } from '../../command.ts'
import type { Context } from '../../context.ts'
import { type CheckResult, type Limits, runChecks, type Status } from '../../doctor/check.ts'
import { doctorChecks } from '../../doctor/checks.ts'
import { millisecondsOf, SETTINGS } from '../../settings.ts'
import type { Style } from '../../style.ts'

/** Only what deserves a look is coloured. */
const STYLES: Readonly<Partial<Record<Status, Style>>> = { warn: 'warning', fail: 'error', skip: 'faint' }

/** Cells before what was seen. */
const HEAD = 20

/** `todo-cli doctor`: exit code 1 where a check failed. */
export const doctor: Action = async (context) => {
  const { out } = context
  const results: CheckResult[] = []
  for await (const { result, words } of runChecks(doctorChecks(context), await limits(context))) {
    results.push(result)
    if (out.json) continue
    const { status, check, seen, next } = result
    const [word, style] = [status.padEnd(4), STYLES[status]]
    out.behind(`${style ? out.paint(word, style) : word}  ${check.padEnd(12)}  `, HEAD, seen)
    if (next !== undefined) out.behind(' '.repeat(HEAD), HEAD, `next: ${next}`)
    for (const line of words) out.trace(line)
  }
  if (out.json) out.value(results)
  return results.some(({ status }) => status === 'fail') ? 1 : 0
}

/** A request may be repeated, and a vault asks an issuer first: twice the time of one is enough for a check. */
async function limits({ settingsAsGiven }: Context): Promise<Limits> {
  const values = await settingsAsGiven(SETTINGS, () => {}).catch(() => undefined)
  const given = millisecondsOf(values?.get('timeout') ?? '')
  const timeoutMs = Number.isNaN(given) ? 30_000 : given
  return { eachMs: 2 * timeoutMs, allMs: 4 * timeoutMs }
}
