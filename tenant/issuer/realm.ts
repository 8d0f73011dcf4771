/**
 * Under which names a tenant is asked for, and which names its answers then carry (entra.md 2.6).
 */
import { isLoopbackHost } from '../../core/loopback.ts'
import { hostnameOf } from '../http/hosts.ts'
import { EntraError } from './errors.ts'

export interface TenantNames {
  readonly tenantId: string
  /** For instance `contoso.onmicrosoft.com`. */
  readonly initialDomain: string
}

export interface Realm {
  /** Scheme and host of the endpoints: the host that was asked. */
  readonly origin: string
  /** The tenant as the path names it; endpoints repeat it. */
  readonly tenant: string
  readonly tenantId: string
  /** The issuer of v2.0 tokens. */
  readonly issuer: string
  /** The template for every tenant, where the path names none (`common`, `organizations`). */
  readonly multiTenant: boolean
  /** What the `aud` of a client assertion may be: the token endpoint, by any name of the tenant, and the issuer. */
  readonly audiences: readonly string[]
  /** External ID (`*.ciamlogin.com`), which has an issuer and signing keys of its own. */
  readonly external: boolean
}

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const DNS_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/
const ANY_TENANT = ['common', 'organizations', 'consumers']

export const isGuid = (text: string): boolean => GUID.test(text)

/**
 * The realm of one request.
 *
 * @param loopbackOrigin the issuer's own address: on loopback, the issuer is always this one
 * @throws EntraError 90002, 900023
 */
export function realmOf(names: TenantNames, loopbackOrigin: string, host: string, tenant: string): Realm {
  const { tenantId } = names
  const hostname = hostnameOf(host)
  const multiTenant = ANY_TENANT.includes(tenant.toLowerCase())
  if (!multiTenant) assertTenant(names, hostname, tenant)
  const segment = multiTenant ? '{tenantid}' : tenantId
  const local = isLoopbackHost(hostname)
  const external = hostname.endsWith('.ciamlogin.com')
  const cloudOrigin = `https://${external ? `${tenantId}.ciamlogin.com` : 'login.microsoftonline.com'}`
  const origin = `https://${local ? host : hostname}`
  const issuer = `${local ? loopbackOrigin : cloudOrigin}/${segment}/v2.0`
  const audiences = audiencesOf(origin, tenant, tenantId, issuer)
  return { origin, tenant, tenantId, issuer, multiTenant, audiences, external }
}

/** The token endpoint in its v2.0 and v1.0 forms, by the name in the path and by the tenant's id; and the issuer. */
function audiencesOf(origin: string, tenant: string, tenantId: string, issuer: string): string[] {
  const paths = [tenant, tenantId].flatMap((name) => [`/${name}/oauth2/v2.0/token`, `/${name}/oauth2/token`])
  return [...paths.map((path) => origin + path), issuer]
}

function assertTenant({ tenantId, initialDomain }: TenantNames, hostname: string, tenant: string): void {
  const asked = tenant.toLowerCase()
  if (asked === tenantId || asked === initialDomain) return
  const subdomain = /^([a-z0-9-]+)\.ciamlogin\.com$/.exec(hostname)?.[1]
  if (subdomain !== undefined && asked === `${subdomain}.onmicrosoft.com`) return
  if (!isGuid(asked) && !DNS_NAME.test(asked)) {
    throw new EntraError(
      400,
      'invalid_request',
      900023,
      `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`,
    )
  }
  throw new EntraError(
    400,
    'invalid_request',
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  )
}
