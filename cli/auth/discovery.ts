/**
 * Discovery for the hosts whose metadata MSAL does not have: the local tenant and External ID.
 *
 * MSAL 7 refuses External ID's issuer where the authority has no tenant id, and says only `endpoints_resolution_error`.
 * So the document is read and judged here, and MSAL gets the result.
 * OpenID Connect Discovery 1.0, sections 3 and 4.3.
 */
import { AppError } from '../../core/errors.ts'
import type { Http } from '../http.ts'
import { parseObject } from '../parse-object.ts'
import { issuerRefusal } from './aadsts.ts'
import { type Authority, GUID, hostsOf, kindOf } from './authority.ts'

export interface IssuerMetadata {
  readonly issuer: string
  readonly tokenEndpoint: string
  /** The document itself, as MSAL's `authorityMetadata` takes it. */
  readonly document: string
  /** The tenant's GUID. */
  readonly tenantId: string
  /** The issuer's time, by its Date header. */
  readonly date: Date | undefined
}

/** @throws AppError `issuer-unreachable`, `issuer-invalid`, `issuer-refused`, `tls-untrusted` */
export async function discover(authority: Authority, http: Http): Promise<IssuerMetadata> {
  const url = `${authority.url}/v2.0/.well-known/openid-configuration`
  const answer = await http.send('issuer', { method: 'GET', url })
  const document = parseObject(answer.body)
  if (answer.status !== 200) {
    if (answer.status < 500 && typeof document?.error === 'string') throw issuerRefusal(document)
    throw answer.status >= 500 || answer.status === 429
      ? new AppError('issuer-unreachable', `the issuer at ${authority.url} answers ${answer.status}`, {
          hint: 'try again later',
        })
      : notAnIssuer(authority, `it answers ${answer.status} to ${url}`)
  }
  const { issuer, token_endpoint: tokenEndpoint } = document ?? {}
  if (
    typeof issuer !== 'string' ||
    typeof tokenEndpoint !== 'string' ||
    !URL.canParse(issuer) ||
    !URL.canParse(tokenEndpoint)
  ) {
    throw notAnIssuer(authority, 'its discovery document has no issuer and token endpoint')
  }
  const tenantId = tenantOf(authority, new URL(issuer))
  const endpoint = new URL(tokenEndpoint)
  const hosts =
    authority.kind === 'external-id' ? [authority.host, `${tenantId}.ciamlogin.com`] : hostsOf(authority)
  if (endpoint.protocol !== 'https:' || !hosts.includes(endpoint.host)) {
    throw notAnIssuer(authority, `its token endpoint is on another host, ${endpoint.host}`)
  }
  return { issuer, tokenEndpoint, document: answer.body, tenantId, date: dateOf(answer.headers.date) }
}

/**
 * The tenant's GUID out of the issuer, once the issuer is known to belong to the authority. External ID returns
 * `https://<tenant id>.ciamlogin.com/<tenant id>/v2.0` whatever the subdomain that was asked, and nothing else is taken.
 */
function tenantOf(authority: Authority, issuer: URL): string {
  const [tenant = '', version] = issuer.pathname.split('/').filter(Boolean)
  const hosts = authority.kind === 'external-id' ? [`${tenant}.ciamlogin.com`] : hostsOf(authority)
  const sound =
    issuer.protocol === 'https:' && GUID.test(tenant) && version === 'v2.0' && hosts.includes(issuer.host)
  if (!sound) {
    // Whoever answers here may say what it likes: only an address of Microsoft's own is worth a hint.
    const known = ['cloud', 'external-id'].includes(kindOf(issuer.hostname)) && issuer.port === ''
    const meant = known && GUID.test(tenant) && issuer.protocol === 'https:'
    const hint = meant ? `${issuer.origin}/${tenant}` : undefined
    throw notAnIssuer(authority, `it says that the issuer is ${issuer.href}`, hint)
  }
  if (GUID.test(authority.tenant) && authority.tenant.toLowerCase() !== tenant.toLowerCase()) {
    throw notAnIssuer(authority, `it answers for the tenant ${tenant}`, `https://${authority.host}/${tenant}`)
  }
  return tenant
}

function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function notAnIssuer(authority: Authority, why: string, meant?: string): AppError {
  return new AppError('issuer-invalid', `${authority.url} is not the authority of a tenant: ${why}`, {
    hint:
      meant === undefined
        ? 'todo-cli config set authority https://login.microsoftonline.com/TENANT_ID (an external tenant: https://NAME.ciamlogin.com/TENANT_ID)'
        : `if that is the issuer which is meant: todo-cli config set authority ${meant}`,
  })
}
