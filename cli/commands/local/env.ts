import type { Action } from '../../command.ts'
import { readTextFile } from '../../files.ts'
import { type LocalStatus, needRunning } from './state.ts'

/** `todo-cli local env`: shell exports for this CLI and for other clients. No secret is in them but with `--with-identity`. */
export const env: Action = async (context, _args, flags) => {
  const status = await needRunning(context)
  const variables = {
    ...variablesOf(status),
    ...(flags.withIdentity === true ? await identityOf(status) : {}),
  }
  if (context.out.json) context.out.value(variables)
  else
    for (const [name, value] of Object.entries(variables)) context.out.text(`export ${name}=${quote(value)}`)
  return undefined
}

function variablesOf(status: LocalStatus): Record<string, string> {
  return {
    TENANT_ID: status.tenantId,
    AUTHORITY: status.authority,
    CLIENT_ID: status.clientId,
    CLIENT_SECRET_FILE: status.clientSecretFile,
    CERT_PRIVATE_KEY_FILE: status.certificateFile,
    SCOPES: status.scope,
    API_ENDPOINT: status.apiUrl,
    KEY_VAULT_URL: status.vaultUrl,
    CERTIFICATE_NAME: status.certificateName,
    VAULT_CERTIFICATE_FILE: status.vaultCertificateFile,
    TODO_CLI_VAULT_AUTH: 'certificate',
    TODO_CLI_GRAPH_URL: status.graphUrl,
    AZURE_AUTHORITY_HOST: new URL(status.authority).origin,
    AZURE_TENANT_ID: status.tenantId,
    AZURE_CLIENT_ID: status.vaultClientId,
    AZURE_CLIENT_CERTIFICATE_PATH: status.vaultCertificateFile,
    NODE_EXTRA_CA_CERTS: status.caFile,
    REQUESTS_CA_BUNDLE: status.caFile,
    ...(status.proxyUrl === null ? {} : { HTTPS_PROXY: status.proxyUrl }),
    NO_PROXY: 'localhost,127.0.0.1,::1',
  }
}

/** What a managed identity needs: the header is a secret. */
async function identityOf({
  identityEndpoint,
  identityHeaderFile,
}: LocalStatus): Promise<Record<string, string>> {
  return {
    IDENTITY_ENDPOINT: identityEndpoint,
    IDENTITY_HEADER: await readTextFile(identityHeaderFile, 'the header of the managed identity'),
  }
}

/** Single quotes keep everything but a single quote (POSIX shell, 2.2.2). */
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
