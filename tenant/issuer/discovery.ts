import { isLoopbackHost } from '../../core/loopback.ts'
import { hostnameOf } from '../http/hosts.ts'
import type { KeyRing } from './keys.ts'
import type { Realm, TenantNames } from './realm.ts'

/** The OpenID configuration (entra.md 2.6): endpoints on the host that was asked, the issuer where it belongs. */
export function openIdConfiguration({ origin, tenant, issuer }: Realm): object {
  const base = `${origin}/${tenant}`
  const oauth = `${base}/oauth2/v2.0`
  return {
    token_endpoint: `${oauth}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer,
    request_uri_parameter_supported: false,
    userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
    authorization_endpoint: `${oauth}/authorize`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${oauth}/logout`,
    claims_supported: CLAIMS,
    kerberos_endpoint: `${base}/kerberos`,
    tenant_region_scope: 'EU',
    cloud_instance_name: cloudInstanceOf(origin),
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  }
}

/** Instance discovery: which hosts are one cloud. Clients ask it before they trust an authority that they don't know. */
export function instanceDiscovery({ tenantId }: TenantNames): object {
  const hosts = ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']
  return {
    tenant_discovery_endpoint: `https://login.microsoftonline.com/${tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: hosts[0], preferred_cache: hosts[1], aliases: hosts }],
  }
}

/** The JWK Set (RFC 7517 section 5), with the members that Entra adds to each key. */
export function jwks({ origin, issuer }: Realm, keys: KeyRing): object {
  const cloud_instance_name = cloudInstanceOf(origin)
  return { keys: keys.published().map(({ jwk }) => ({ ...jwk, cloud_instance_name, issuer })) }
}

function cloudInstanceOf(origin: string): string {
  const { host, hostname } = new URL(origin)
  return isLoopbackHost(hostnameOf(hostname)) ? host : 'microsoftonline.com'
}

const CLAIMS = [
  ...[
    'sub',
    'iss',
    'cloud_instance_name',
    'cloud_instance_host_name',
    'cloud_graph_host_name',
    'msgraph_host',
  ],
  ...[
    'aud',
    'exp',
    'iat',
    'auth_time',
    'acr',
    'nonce',
    'preferred_username',
    'name',
    'tid',
    'ver',
    'at_hash',
  ],
  ...['c_hash', 'email'],
]
