/**
 * The tenant's policy for credentials of apps, read where it has refused one: Graph's answer does not name the limit.
 *
 * https://learn.microsoft.com/graph/api/tenantappmanagementpolicy-get
 */
import { AppError } from '../../core/errors.ts'
import type { GraphCalls } from './calls.ts'
import { refusalOf } from './errors.ts'

export type CredentialKind = 'keyCredentials' | 'passwordCredentials'

/** A refusal by a policy of the tenant: no waiting mends it. */
export const isPolicyRefusal = (error: unknown): boolean =>
  refusalOf(error)?.codes.some((code) => code.endsWith('AsPerAppPolicy')) ?? false

/** The same refusal with the limit in it, where whoever asks may read it. */
export async function withLimit(error: unknown, calls: GraphCalls, kind: CredentialKind): Promise<unknown> {
  const tooLong = refusalOf(error)?.codes.includes('CredentialInvalidLifetimeAsPerAppPolicy')
  if (!tooLong || !(error instanceof AppError)) return error
  const days = await limitOf(calls, kind)
  if (days === undefined) return error
  const { code, serviceCode, cause } = error
  const what = kind === 'keyCredentials' ? 'a certificate' : 'a secret'
  return new AppError(
    code,
    `the tenant's policy lets ${what} live ${days} days at most, and this one would live longer`,
    {
      hint:
        kind === 'keyCredentials'
          ? `make a shorter one: todo-cli cert create NAME --days ${days}; in a renewal: todo-cli cert rotate --days ${days}`
          : 'take a certificate in place of it: todo-cli cert create NAME',
      serviceCode,
      cause,
    },
  )
}

/** In days; undefined where it is not known. */
async function limitOf(calls: GraphCalls, kind: CredentialKind): Promise<number | undefined> {
  const path = '/policies/defaultAppManagementPolicy'
  const policy = await calls.send({ method: 'GET', path, right: 'read' }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'interrupted') throw error
    return {}
  })
  const restrictions = member(member(policy, 'applicationRestrictions'), kind)
  if (!Array.isArray(restrictions)) return undefined
  const days = restrictions
    .filter((each) => LIFETIMES.includes(String(member(each, 'restrictionType'))))
    .flatMap((each) => /^P(\d{1,5})D/.exec(String(member(each, 'maxLifetime')))?.[1] ?? [])
    .map(Number)
  return days.length > 0 ? Math.min(...days) : undefined
}

const LIFETIMES = ['asymmetricKeyLifetime', 'passwordLifetime']

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>)[name] : undefined
}
