import { isLoopbackHost } from '../../core/loopback.ts'
import type { TenantRequest } from '../http/exchange.ts'
import { hostnameOf } from '../http/hosts.ts'
import type { Service } from '../http/listen.ts'
import { route } from '../http/router.ts'
import { v1Issuer } from '../issuer/claims.ts'
import { getContacts, getIssuer, listIssuers } from './authorities.ts'
import {
  getCertificate,
  getPolicy,
  listCertificates,
  listVersions,
  updateCertificate,
  updatePolicy,
} from './certificates.ts'
import { openContext, VAULT_RESOURCE, type VaultDeps } from './context.ts'
import { deleteCertificate, getDeleted, listDeleted, purgeDeleted, recoverDeleted } from './deleted.ts'
import { answerVaultError } from './errors.ts'
import { importCertificate } from './import.ts'
import { type Checked, partRoutes } from './part-routes.ts'
import { cancelPending, createCertificate, deletePending, getPending, mergePending } from './pending.ts'
import { unrouted } from './unsupported.ts'

export interface VaultServiceDeps extends VaultDeps {
  /** `https://localhost:PORT` of the issuer, for the challenge. */
  issuerOrigin(): string
}

/** The key vault: what *.vault.azure.net answers. */
export function vaultService(deps: VaultServiceDeps): Service {
  const checked: Checked = (handler) => async (request) => handler(await openContext(request, deps))
  const answerError = (error: unknown, request: TenantRequest) =>
    answerVaultError(error, {
      challenge: challengeOf(request, deps),
      audience: VAULT_RESOURCE,
      issuer: v1Issuer(deps.tenantId),
    })
  return {
    name: 'vault',
    routes: [
      route('GET', '/certificates', checked(listCertificates)),
      route('GET', '/certificates/issuers', checked(listIssuers)),
      route('GET', '/certificates/issuers/:issuer', checked(getIssuer)),
      route('GET', '/certificates/contacts', checked(getContacts)),
      route('POST', '/certificates/:name/create', checked(createCertificate)),
      route('POST', '/certificates/:name/import', checked(importCertificate)),
      route('GET', '/certificates/:name/pending', checked(getPending)),
      route('PATCH', '/certificates/:name/pending', checked(cancelPending)),
      route('DELETE', '/certificates/:name/pending', checked(deletePending)),
      route('POST', '/certificates/:name/pending/merge', checked(mergePending)),
      route('GET', '/certificates/:name/policy', checked(getPolicy)),
      route('PATCH', '/certificates/:name/policy', checked(updatePolicy)),
      route('GET', '/certificates/:name/versions', checked(listVersions)),
      route('GET', '/certificates/:name', checked(getCertificate)),
      route('PATCH', '/certificates/:name', checked(updateCertificate)),
      route('DELETE', '/certificates/:name', checked(deleteCertificate)),
      route('GET', '/certificates/:name/:version', checked(getCertificate)),
      route('PATCH', '/certificates/:name/:version', checked(updateCertificate)),
      route('GET', '/deletedcertificates', checked(listDeleted)),
      route('GET', '/deletedcertificates/:name', checked(getDeleted)),
      route('POST', '/deletedcertificates/:name/recover', checked(recoverDeleted)),
      route('DELETE', '/deletedcertificates/:name', checked(purgeDeleted)),
      ...partRoutes(checked),
    ],
    answerError,
    answerUnrouted: async (request, allow) => {
      const refusal = unrouted(request, allow)
      // Who asks comes first where there is something: the clients' first request has no token, and waits for the challenge.
      if (refusal.status !== 404) await openContext(request, deps)
      return answerError(refusal, request)
    },
    headers: vaultHeaders,
  }
}

/** Where to get a token, and for what (https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses). */
function challengeOf({ host }: TenantRequest, { tenantId, issuerOrigin }: VaultServiceDeps): string {
  const origin = isLoopbackHost(hostnameOf(host)) ? issuerOrigin() : 'https://login.windows.net'
  return `Bearer authorization="${origin}/${tenantId}", resource="${VAULT_RESOURCE}"`
}

function vaultHeaders({ id, headers }: TenantRequest): Record<string, string> {
  const asked = headers['x-ms-client-request-id']
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000;includeSubDomains',
    'x-ms-keyvault-region': 'local',
    'x-ms-keyvault-service-version': '1.9.0',
    'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
    'x-ms-request-id': id,
    ...(typeof asked === 'string' ? { 'x-ms-client-request-id': asked } : {}),
  }
}
