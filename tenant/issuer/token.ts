/** `POST /{tenant}/oauth2/v2.0/token`: which grant, and who answers it. Each grant is a list of steps in Entra's order. */
import type { Clock } from '../clock.ts'
import type { Directory } from '../directory.ts'
import type { Answer, TenantRequest } from '../http/exchange.ts'
import type { Settings } from '../settings.ts'
import type { Collection } from '../store.ts'
import type { User } from '../users.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCodeGrant } from './device-code.ts'
import type { DeviceRequests } from './device-requests.ts'
import { EntraError } from './errors.ts'
import { type Form, readForm } from './form.ts'
import type { ExternalKeys, KeyRing } from './keys.ts'
import type { Realm } from './realm.ts'
import { refreshTokenGrant } from './refresh-token.ts'
import type { StoredRefreshToken } from './refresh-tokens.ts'
import type { ReplayGuard } from './replays.ts'

export interface TokenDeps {
  readonly directory: Directory
  readonly users: Collection<User>
  readonly refreshTokens: Collection<StoredRefreshToken>
  readonly deviceRequests: DeviceRequests
  readonly keys: KeyRing
  readonly externalKeys: ExternalKeys
  readonly clock: Clock
  readonly settings: Settings
  readonly replays: ReplayGuard
  /** The tenant's name, as messages show it. */
  readonly tenantName: string
  /** The dev CA: federated issuers on this machine may use it. */
  readonly caPem: string
}

type Grant = (request: TenantRequest, form: Form, realm: Realm, deps: TokenDeps) => Promise<Answer>

const GRANTS: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['client_credentials', clientCredentials],
  ['urn:ietf:params:oauth:grant-type:device_code', deviceCodeGrant],
  // MSAL Node sends this name, from before RFC 8628; Entra takes both.
  ['device_code', deviceCodeGrant],
  ['refresh_token', refreshTokenGrant],
])

/** Answers one token request. */
export async function answerToken(request: TenantRequest, realm: Realm, deps: TokenDeps): Promise<Answer> {
  const form = await readForm(request)
  const grantType = form.require('grant_type')
  const grant = GRANTS.get(grantType)
  if (grant !== undefined) return grant(request, form, realm, deps)
  const message = `The app requested an unsupported grant type '${grantType}'.`
  throw new EntraError(400, 'unsupported_grant_type', 70003, message)
}
