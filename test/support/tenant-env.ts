import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tenant } from '../../tenant/server.ts'

/** The variables with which todo-cli uses this tenant; its files are written into `folder`. */
export function tenantEnv(tenant: Tenant, folder: string, apiEndpoint = ''): Record<string, string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = (name: string, data: string) => {
    writeFileSync(join(folder, name), data, { mode: 0o600 })
    return join(folder, name)
  }
  const { client, operator, tenantId, authority, api, vaultUrl, graphUrl } = tenant
  const vaultCertificate = file('operator.pem', operator.certificatePem)
  return {
    AUTHORITY: authority,
    CLIENT_ID: client.appId,
    CLIENT_SECRET: client.secret,
    CERT_PRIVATE_KEY_FILE: file('client.pem', client.certificatePem),
    SCOPES: api.scope,
    API_ENDPOINT: apiEndpoint,
    KEY_VAULT_URL: vaultUrl,
    CERTIFICATE_NAME: tenant.vaultCertificateName,
    TODO_CLI_CA_FILE: file('ca.pem', tenant.caPem),
    TODO_CLI_GRAPH_URL: graphUrl,
    TODO_CLI_VAULT_AUTH: 'certificate',
    VAULT_CERTIFICATE_FILE: vaultCertificate,
    AZURE_CLIENT_ID: operator.appId,
    AZURE_TENANT_ID: tenantId,
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
  }
}
