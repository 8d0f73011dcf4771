import { type Answer, json, otherMethod, type TenantRequest } from '../http/exchange.ts'
import type { Service } from '../http/listen.ts'
import { route } from '../http/router.ts'
import { answerDeviceCode } from './device-code.ts'
import { instanceDiscovery, jwks, openIdConfiguration } from './discovery.ts'
import { answerEntraError, EntraError, entraHeaders } from './errors.ts'
import { type Realm, realmOf, type TenantNames } from './realm.ts'
import { answerToken, type TokenDeps } from './token.ts'

export interface IssuerDeps extends TokenDeps {
  readonly names: TenantNames
  /** `https://localhost:PORT`, known once it listens. */
  origin(): string
  /** Where a person enters a device code. */
  devicePage(): string
}

/** The issuer: what login.microsoftonline.com and *.ciamlogin.com answer. */
export function issuerService(deps: IssuerDeps): Service {
  let last: { readonly host: string; readonly tenant: string; readonly realm: Realm } | undefined
  // One client asks again and again under the same name.
  const realm = ({ host, params: { tenant = '' } }: TenantRequest) => {
    if (last?.host === host && last.tenant === tenant) return last.realm
    last = { host, tenant, realm: realmOf(deps.names, deps.origin(), host, tenant) }
    return last.realm
  }
  return {
    name: 'issuer',
    routes: [
      // First, since it is what is asked for most.
      route('POST', '/:tenant/oauth2/v2.0/token', (request) => answerToken(request, realm(request), deps)),
      route('GET', '/:tenant/v2.0/.well-known/openid-configuration', (request) =>
        json(200, openIdConfiguration(discoveryRealm(() => realm(request))), PUBLIC),
      ),
      route('GET', '/common/discovery/instance', () => json(200, instanceDiscovery(deps.names), PUBLIC)),
      route('GET', '/:tenant/discovery/v2.0/keys', async (request) => {
        const asked = discoveryRealm(() => realm(request))
        return json(200, jwks(asked, asked.external ? await deps.externalKeys.ring() : deps.keys), PUBLIC)
      }),
      route('POST', '/:tenant/oauth2/v2.0/devicecode', (request) => {
        realm(request)
        return answerDeviceCode(request, deps, deps.devicePage())
      }),
    ],
    answerError: (error, request) => answerEntraError(error, request, deps.clock),
    answerUnrouted: (_, allow) => (allow.length > 0 ? otherMethod() : NOT_FOUND),
    headers: entraHeaders,
  }
}

/** Metadata may be cached for a day; Entra says so. */
const PUBLIC = { 'cache-control': 'max-age=86400, private' }

/** An unknown tenant is `invalid_tenant` here, and `invalid_request` at the token endpoint. */
function discoveryRealm<T>(realm: () => T): T {
  try {
    return realm()
  } catch (error) {
    if (!(error instanceof EntraError) || error.code !== 90002) throw error
    throw new EntraError(error.status, 'invalid_tenant', error.code, error.message)
  }
}

const NOT_FOUND: Answer = {
  status: 404,
  note: { reason: 'Entra has nothing at this address, or the local tenant does not have it.' },
}
