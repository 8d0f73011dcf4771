/**
 * The authority: which issuer a token is asked of, and which allowances its host needs.
 *
 * https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * https://learn.microsoft.com/entra/external-id/customers/reference-service-endpoints (ciamlogin.com)
 */
import { AppError } from '../../core/errors.ts'
import { isLoopbackHost } from '../../core/loopback.ts'
import type { SettingValues } from '../settings.ts'

export interface Authority {
  /** `https://host[:port]/tenant`, no trailing slash. */
  readonly url: string
  readonly host: string
  /** A GUID or a domain, as the user gave it. */
  readonly tenant: string
  /** `cloud`: a public or national cloud whose metadata MSAL carries; `external-id`: `<subdomain>.ciamlogin.com`. */
  readonly kind: 'cloud' | 'external-id' | 'loopback' | 'other'
}

/** Hosts whose metadata MSAL Node has built in, so that no discovery is needed; those of a cloud are names of one issuer. */
const CLOUDS: readonly (readonly string[])[] = [
  ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
  ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
  ['login.microsoftonline.us', 'login.usgovcloudapi.net'],
]

/** The hosts that are as good as this one: those of its cloud, or itself alone. */
export function hostsOf({ host }: Pick<Authority, 'host'>): readonly string[] {
  return CLOUDS.find((hosts) => hosts.includes(host)) ?? [host]
}

const TENANT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,253}$/

/** Reads `authority` and `tenantId`. With a tenant id alone it is the public cloud's. */
export function authorityOf(settings: SettingValues): Authority {
  const address = settings.get('authority')
  const tenantId = settings.get('tenantId')
  if (address === undefined && tenantId === undefined) {
    throw new AppError(
      'setting-missing',
      'neither authority nor tenantId is set: the tenant to ask for a token',
      {
        hint: 'to try it on this machine: todo-cli local start; for a tenant of yours: todo-cli config set tenantId TENANT_ID (or set AUTHORITY or TENANT_ID)',
      },
    )
  }
  const url = new URL(address ?? 'https://login.microsoftonline.com')
  const kind = kindOf(url.hostname)
  const [inPath, ...more] = url.pathname.split('/').filter(Boolean)
  const tenant = inPath ?? tenantId ?? (kind === 'external-id' ? domainOf(url.hostname) : undefined)
  if (tenant === undefined || more.length > 0 || !TENANT.test(tenant)) {
    throw new AppError('setting-invalid', `the authority ${url.href} does not end in a tenant`, {
      hint: `write it as ${url.origin}/${inPath !== undefined && TENANT.test(inPath) ? inPath : 'TENANT_ID'}`,
    })
  }
  if (['common', 'organizations', 'consumers'].includes(tenant.toLowerCase())) {
    throw new AppError(
      'setting-invalid',
      `a daemon needs its own tenant, and the authority says "${tenant}"`,
      {
        hint: `write it as ${url.origin}/TENANT_ID`,
      },
    )
  }
  return { url: `${url.origin}/${tenant}`, host: url.host, tenant, kind }
}

export function kindOf(hostname: string): Authority['kind'] {
  if (isLoopbackHost(hostname)) return 'loopback'
  if (CLOUDS.flat().includes(hostname)) return 'cloud'
  return hostname.endsWith('.ciamlogin.com') ? 'external-id' : 'other'
}

/** `contoso.ciamlogin.com` serves the tenant `contoso.onmicrosoft.com`; a GUID as subdomain is the tenant id itself. */
function domainOf(hostname: string): string {
  const subdomain = hostname.split('.')[0] as string
  return GUID.test(subdomain) ? subdomain : `${subdomain}.onmicrosoft.com`
}

export const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
