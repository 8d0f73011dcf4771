import { daysLeft } from '../../../core/certificate-details.ts'
import { AppError } from '../../../core/errors.ts'
import { dueFrom, isDue, parseRenewalRule, RENEWAL_DEFAULT, type RenewalRule } from '../../../core/renewal.ts'
import { openPublicCertificate } from '../../certificate-argument.ts'
import type { Action } from '../../command.ts'

/** As `step certificate needs-renewal` answers; 0 is "it needs renewal". */
const NOT_DUE = 1

/** `todo-cli cert needs-renewal [CERT] [--expires-in 30d|720h|66%]`: the exit code is the answer. */
export const needsRenewal: Action = async (context, [argument], flags) => {
  const rule = ruleOf(flags.expiresIn)
  const { leaf, origin } = await openPublicCertificate(context, argument, flags)
  const lifetime = { notBefore: leaf.validFromDate, notAfter: leaf.validToDate }
  const [due, from] = [isDue(lifetime, rule), dueFrom(lifetime, rule)]
  const { out } = context
  if (out.json) {
    out.value({
      certificate: origin,
      needsRenewal: due,
      dueFrom: from.toISOString(),
      notAfter: lifetime.notAfter.toISOString(),
      daysLeft: daysLeft(lifetime),
    })
  } else {
    out.note(`${origin} ${due ? 'needs renewal since' : 'needs no renewal before'} ${from.toISOString()}`)
  }
  return due ? undefined : NOT_DUE
}

function ruleOf(flag: unknown): RenewalRule {
  const rule = parseRenewalRule(typeof flag === 'string' ? flag : RENEWAL_DEFAULT)
  if (rule !== undefined) return rule
  throw new AppError('usage', '--expires-in is neither a time nor a share of the lifetime', {
    hint: 'write 30d, 720h or 66%',
  })
}
