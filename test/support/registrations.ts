/** The local tenant, its Graph's operator as caller, and a TODO_CLI_HOME in a folder of the test's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { openDirectory } from '../../tenant/directory.ts'
import { type ExchangeRecord, startTenant, type Tenant } from '../../tenant/server.ts'
import type { Store } from '../../tenant/store.ts'
import { type CliResult, runCli } from './cli.ts'
import { accessToken, ask, type Reply } from './tenant-client.ts'

export interface Registrations {
  readonly tenant: Tenant
  readonly exchanges: ExchangeRecord[]
  readonly folder: string
  /** Whoever runs todo-cli calls Graph as the operator, who may do everything. */
  readonly env: Readonly<Record<string, string>>
  /** Runs todo-cli in this process, in `folder` by absolute paths. */
  cli(argv: readonly string[], env?: Readonly<Record<string, string | undefined>>): Promise<CliResult>
  /** Runs it and expects that it succeeds; gives its JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  json(argv: readonly string[], env?: Readonly<Record<string, string | undefined>>): Promise<any>
  /** The tenant's Graph, asked without todo-cli. */
  graph(path: string, method?: string, body?: object): Promise<Reply>
  /** `METHOD path` of the requests that changed something in Graph since `exchanges` was last emptied. */
  writes(): string[]
  admin(method: string, path: string, body?: object): Promise<Reply>
  /** What the operator holds of Graph's roles from now on. */
  permit(...roles: readonly string[]): void
}

export const ALL_ROLES = [
  ...['Application.ReadWrite.All', 'Application.Read.All', 'Application.ReadWrite.OwnedBy'],
  ...['AppRoleAssignment.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All', 'Directory.Read.All'],
  ...['Policy.Read.All', 'Policy.ReadWrite.ApplicationConfiguration'],
] as const

export async function startRegistrations(): Promise<Registrations & { close(): Promise<void> }> {
  const exchanges: ExchangeRecord[] = []
  let store: Store | undefined
  const tenant = await startTenant({
    onLog: (record) => exchanges.push(record),
    onStore: (opened) => {
      store = opened
    },
  })
  const folder = await mkdtemp(join(tmpdir(), 'registrations-'))
  const { operator, authority, tenantId, caPem } = tenant
  await writeFile(join(folder, 'ca.pem'), caPem)
  await writeFile(join(folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
  const env = {
    TODO_CLI_HOME: join(folder, 'home'),
    TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
    TODO_CLI_GRAPH_URL: tenant.graphUrl,
    KEY_VAULT_URL: tenant.vaultUrl,
    TODO_CLI_VAULT_AUTH: 'certificate',
    VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
    AZURE_CLIENT_ID: operator.appId,
    AZURE_TENANT_ID: tenantId,
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
  }
  const cli: Registrations['cli'] = (argv, more = {}) => runCli(argv, { env: { ...env, ...more } })
  const graphToken = accessToken(tenant, 'https://graph.microsoft.com/.default', 'operator')
  return {
    tenant,
    exchanges,
    folder,
    env,
    cli,
    async json(argv, more) {
      const { stdout, stderr, exitCode } = await cli([...argv, '--json'], more)
      // Of a certificate that ends soon every command says so.
      const said = expect.stringMatching(
        /^(warning: the certificate .+ expires (in \d+ days?|today); .+\n)*$/,
      )
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: said })
      return JSON.parse(stdout)
    },
    graph: async (path, method = 'GET', body = undefined) =>
      ask(tenant, `${tenant.graphUrl}${path}`, {
        method,
        token: await graphToken,
        ...(body ? { body } : {}),
      }),
    writes: () =>
      exchanges
        .filter(({ service, method }) => service === 'graph' && method !== 'GET')
        .map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')}`),
    admin: (method, path, body) =>
      ask(tenant, `${tenant.adminUrl}${path}`, {
        method,
        token: tenant.adminToken,
        ...(body ? { body } : {}),
      }),
    permit(...roles) {
      if (store === undefined) throw new Error('the tenant has no store')
      const directory = openDirectory(store)
      const principalId = directory.servicePrincipalOf(operator.appId)?.id ?? ''
      const graph = directory.applications.all().find(({ displayName }) => displayName === 'Microsoft Graph')
      const resourceId = directory.servicePrincipalOf(graph?.appId ?? '')?.id ?? ''
      for (const { id, principalId: who } of directory.appRoleAssignments.all())
        if (who === principalId) directory.appRoleAssignments.delete(id)
      for (const { id, value } of graph?.appRoles ?? []) {
        if (!roles.includes(value)) continue
        const assignment = { id: crypto.randomUUID(), principalId, resourceId, appRoleId: id }
        directory.appRoleAssignments.put({ ...assignment, createdDateTime: new Date().toISOString() })
      }
    },
    async close() {
      await tenant.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Started before the tests of a file, closed after. */
export function withRegistrations(): () => Registrations {
  let started: Awaited<ReturnType<typeof startRegistrations>> | undefined
  beforeAll(async () => {
    started = await startRegistrations()
  }, 60_000)
  afterAll(async () => {
    await started?.close()
  })
  return () => {
    if (started === undefined) throw new Error('the tenant is there within tests only')
    return started
  }
}
