import { authorityOf } from '../auth/authority.ts'
import type { AccessToken } from '../auth/msal.ts'
import type { Context } from '../context.ts'
import type { ProfileValues } from '../profiles.ts'
import { credentialOf } from './credential.ts'
import { firstToken } from './first-token.ts'

/**
 * A real token with the credential that these settings name, once the issuer has heard of it.
 *
 * @param waitMs how long that may take
 * @throws AppError `app-incomplete` where it took longer; `issuer-…`, `certificate-…`
 */
export async function tokenOf(context: Context, values: ProfileValues, waitMs: number): Promise<AccessToken> {
  const { settings, credential } = await credentialOf(context, values)
  const request = {
    authority: authorityOf(settings),
    clientId: settings.need('clientId'),
    scope: settings.need('scopes'),
    credential,
  }
  const { out, io } = context
  return firstToken(request, {
    http: await context.http(),
    waitMs,
    signal: io.signal,
    note: (line) => out.note(line),
  })
}
