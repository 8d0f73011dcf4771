/** Flags that several `app` commands have, checked. */
import { AppError } from '../../../core/errors.ts'
import type { Context, Flags } from '../../context.ts'
import { createGraphClient, type GraphClient } from '../../graph/client.ts'
import { type Cloud, cloudNamed } from '../../graph/clouds.ts'
import { duration, millisecondsOf } from '../../settings.ts'

export const API_NAME = 'todo-cli-api'
export const CLIENT_NAME = 'todo-cli-daemon'

/** As commander takes them. */
export const TENANT_OPTIONS = [
  ['--tenant ID', 'The tenant, where the one that you are signed in to is not meant'],
  [
    '--cloud NAME',
    'public, usgov, usgov-dod, china, or the address of the sign-in of another (default public)',
  ],
] as const

export const WAIT_OPTION = [
  '--wait TIME',
  'How long the directory may take to catch up (default 60s)',
] as const

const WAIT = '60s'

export function waitOf({ wait = WAIT }: Flags): number {
  const given = String(wait)
  return given === '0' || given === '0s' ? 0 : millisecondsOf(duration(given, '--wait'))
}

export interface TenantOptions {
  readonly tenantId: string | undefined
  readonly cloud: Partial<Cloud>
}

export function tenantOptions({ tenant, cloud }: Flags): TenantOptions {
  return { tenantId: named(tenant, '--tenant'), cloud: cloudNamed(named(cloud, '--cloud')) }
}

export function graphFor(context: Context, flags: Flags): Promise<GraphClient> {
  return createGraphClient(context, tenantOptions(flags))
}

/** A flag's text; the default where it is absent. @throws AppError `usage` where it is empty or too long */
export function named(value: unknown, flag: string): string | undefined
export function named(value: unknown, flag: string, fallback: string): string
export function named(value: unknown, flag: string, fallback?: string): string | undefined {
  if (value === undefined) return fallback
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 120) return value.trim()
  throw new AppError('usage', `${flag} is empty, or longer than 120 characters`, {
    hint: 'todo-cli app --help',
  })
}
