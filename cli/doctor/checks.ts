/** The checks of `todo-cli doctor`, in the order of the data path of `todo-cli todos list`. */
import type { Context } from '../context.ts'
import { apiCheck } from './api-check.ts'
import type { Check } from './check.ts'
import { credentialCheck } from './credential-check.ts'
import { clockCheck, issuerCheck } from './issuer-check.ts'
import { endpointCheck, graphCheck, vaultCheck } from './reach-checks.ts'
import { registrationCheck } from './registration-check.ts'
import { settingsCheck } from './settings-check.ts'
import { claimsCheck, tokenCheck } from './token-check.ts'

/** What one check finds out for those after it. */
export interface Found {
  /** The tenant's GUID, by the issuer's metadata. */
  tenantId?: string
  /** The issuer's time, by its Date header. */
  issuerDate?: Date
  /** Microsoft Graph is where it should be. */
  graphAnswers?: boolean
  /** SHA-1, hexadecimal, of the certificate that signs. */
  thumbprint?: string
  /** The first three characters of the client secret, by which Graph tells secrets apart. Never shown. */
  secretHint?: string
  /** The access token: kept here, never shown. */
  token?: string
}

export function doctorChecks(context: Context): readonly Check[] {
  const found: Found = {}
  return [
    settingsCheck(context),
    issuerCheck(context, found),
    clockCheck(found),
    vaultCheck(context),
    graphCheck(context, found),
    endpointCheck(context),
    credentialCheck(context, found),
    registrationCheck(context, found),
    tokenCheck(context, found),
    claimsCheck(context, found),
    apiCheck(context),
  ]
}
