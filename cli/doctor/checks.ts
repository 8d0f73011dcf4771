/** The checks of `todo-cli doctor`, in the order of the data path of `todo-cli todos list`. */
import type { Context } from '../context.ts'
import { apiCheck } from './api-check.ts'
import type { Check } from './check.ts'
import { credentialCheck } from './credential-check.ts'
import { clockCheck, issuerCheck } from './issuer-check.ts'
import { registrationCheck } from './registration-check.ts'
import { settingsCheck } from './settings-check.ts'
import { claimsCheck, tokenCheck } from './token-check.ts'

/** What one check finds out for those after it. */
export interface Found {
  /** SHA-1, hexadecimal, of the certificate that signs. */
  thumbprint?: string
  /** The access token: kept here, never shown. */
  token?: string
  /** The issuer's time, by its Date header. */
  issuerDate?: Date
}

export function doctorChecks(context: Context): readonly Check[] {
  const found: Found = {}
  return [
    settingsCheck(context),
    issuerCheck(context, found),
    clockCheck(found),
    credentialCheck(context, found),
    registrationCheck(context, found),
    tokenCheck(context, found),
    claimsCheck(context, found),
    apiCheck(context),
  ]
}
