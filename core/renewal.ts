/** When a certificate is due for renewal, in the words of smallstep's `step certificate needs-renewal`. */

/** Due once this share of the lifetime has passed. `step` takes the same where nothing is said. */
export const RENEWAL_DEFAULT = '66%'

/** When a certificate is due: so long before its end, or once a share of its lifetime has passed. */
export type RenewalRule =
  | { readonly kind: 'before-end'; readonly milliseconds: number }
  | { readonly kind: 'share-passed'; readonly share: number }

/** Reads `30d`, `720h`, `1h30m`, `45s` or `66%`. Undefined for what is none of them. */
export function parseRenewalRule(text: string): RenewalRule | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(text)?.[1]
  if (percent !== undefined) {
    const share = Number(percent) / 100
    return share <= 1 ? { kind: 'share-passed', share } : undefined
  }
  if (!/^(?:\d{1,7}[dhms])+$/.test(text)) return undefined
  const parts = [...text.matchAll(/(\d+)([dhms])/g)]
  const milliseconds = parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0),
    0,
  )
  return { kind: 'before-end', milliseconds }
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

/** True from the moment at which a certificate is due; an expired one is due whatever the rule. */
export function isDue(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  rule: RenewalRule,
  now: Date = new Date(),
): boolean {
  return now >= dueFrom({ notBefore, notAfter }, rule)
}

/** The moment from which a certificate is due; its end at the latest. */
export function dueFrom(
  { notBefore, notAfter }: { readonly notBefore: Date; readonly notAfter: Date },
  rule: RenewalRule,
): Date {
  const [start, end] = [notBefore.getTime(), notAfter.getTime()]
  return new Date(rule.kind === 'before-end' ? end - rule.milliseconds : start + (end - start) * rule.share)
}
