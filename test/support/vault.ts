/** The local tenant's vault for the tests of a file: who may do what in it, what is in it, and what was asked of it. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CertificatePolicy, CertificateClient as Client } from '@azure/keyvault-certificates'
import { afterAll, beforeAll } from 'vitest'
import type { CertificateSource, SourceDeps } from '../../cli/auth/sources/source.ts'
import type { TokenCache } from '../../cli/auth/token-cache.ts'
import { createTokens, type Tokens } from '../../cli/auth/tokens.ts'
import { createHttp } from '../../cli/http.ts'
import { resolveSettings, SETTINGS, type SettingInputs, type SettingSpec } from '../../cli/settings.ts'
import { type VaultAccess, vaultAccess } from '../../cli/vault/client.ts'
import { VAULT_SETTINGS } from '../../cli/vault/settings.ts'
import { openDirectory } from '../../tenant/directory.ts'
import { type ExchangeRecord, startTenant, type Tenant } from '../../tenant/server.ts'
import type { Store } from '../../tenant/store.ts'
import { type AccessPolicy, ALL_PERMISSIONS, policiesIn } from '../../tenant/vault/policy.ts'

export interface TestVault {
  readonly tenant: Tenant
  readonly store: Store
  /** Every exchange of the tenant, in order. */
  readonly exchanges: ExchangeRecord[]
  /** `METHOD path status` of the vault's exchanges since `exchanges` was last emptied, GUIDs and versions shortened. */
  wire(): string[]
  /** What the operator may do from now on. */
  permit(permissions: Partial<AccessPolicy['permissions']>): void
  permitAll(): void
  /** Flags with which the operator's certificate file opens the vault. */
  flags(more?: Record<string, string>): Record<string, string>
  inputs(more?: Record<string, string>): SettingInputs
  /** The same as variables of the program, with a home of its own. */
  env(more?: Record<string, string>): Record<string, string>
  deps(more?: Partial<SourceDeps>): SourceDeps
  /** What the program gets tokens for the API with: the client app, proved by a source, with settings beside `inputs`. */
  tokens(source: CertificateSource, more?: Record<string, string>, cache?: TokenCache): Tokens
  /** What was warned of and traced through `deps`. */
  readonly lines: string[]
  access(): Promise<VaultAccess>
  /** A new certificate, made by the real client. Returns its name. */
  created(policy?: Partial<CertificatePolicy> & { enabled?: boolean; name?: string }): Promise<string>
  client(): Promise<Client>
  /** A folder for the test's files, removed after. */
  readonly folder: string
}

export const settingsFor = (specs: readonly SettingSpec[], inputs: SettingInputs) =>
  resolveSettings(
    [...SETTINGS, ...specs.filter(({ key }) => !SETTINGS.some((one) => one.key === key))],
    inputs,
  )

/** Started before the tests of a file, closed after. */
export function withVault(options: { now?: () => Date } = {}): () => TestVault {
  let vault: TestVault | undefined
  const folder = mkdtempSync(join(tmpdir(), 'vault-'))
  beforeAll(async () => {
    vault = await startVault(folder, options)
  })
  afterAll(async () => {
    await vault?.tenant.close()
    rmSync(folder, { recursive: true })
  })
  return () => {
    if (vault === undefined) throw new Error('the vault is there within tests only')
    return vault
  }
}

async function startVault(folder: string, options: { now?: () => Date }): Promise<TestVault> {
  const exchanges: ExchangeRecord[] = []
  const lines: string[] = []
  let store: Store | undefined
  const tenant = await startTenant({
    ...options,
    onLog: (record) => exchanges.push(record),
    onStore: (opened) => {
      store = opened
    },
  })
  if (store === undefined) throw new Error('the tenant has no store')
  const state = store
  const { vaultUrl, tenantId, authority, operator, caPem } = tenant
  const certificateFile = join(folder, 'operator.pem')
  writeFileSync(certificateFile, operator.certificatePem, { mode: 0o600 })
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, caPem)
  const oid = openDirectory(state).servicePrincipalOf(operator.appId)?.id ?? ''
  const flags = (more: Record<string, string> = {}) => ({
    keyVaultUrl: vaultUrl,
    vaultAuth: 'certificate',
    vaultCertificateFile: certificateFile,
    vaultClientId: operator.appId,
    vaultTenantId: tenantId,
    vaultAuthorityHost: new URL(authority).origin,
    ...more,
  })
  const deps = (more: Partial<SourceDeps> = {}): SourceDeps => ({
    caPem,
    signal: new AbortController().signal,
    warn: (line) => lines.push(line),
    trace: (line) => lines.push(line),
    ...more,
  })
  const vault: TestVault = {
    tenant,
    store: state,
    exchanges,
    lines,
    folder,
    flags,
    deps,
    wire: () =>
      exchanges
        .filter(({ service }) => service === 'vault')
        .map(
          ({ method, path, status }) => `${method} ${path.replace(/\/[0-9a-f]{32}/g, '/VERSION')} ${status}`,
        ),
    permit: (permissions) =>
      policiesIn(state).put({
        id: oid,
        permissions: { certificates: [], keys: [], secrets: [], ...permissions },
        roles: [],
      }),
    permitAll: () => policiesIn(state).put({ id: oid, permissions: ALL_PERMISSIONS, roles: [] }),
    env: (more = {}) => ({
      TODO_CLI_HOME: join(folder, 'home'),
      TODO_CLI_CA_FILE: caFile,
      TODO_CLI_VAULT_AUTH: 'certificate',
      KEY_VAULT_URL: vaultUrl,
      VAULT_CERTIFICATE_FILE: certificateFile,
      AZURE_CLIENT_ID: operator.appId,
      AZURE_TENANT_ID: tenantId,
      AZURE_AUTHORITY_HOST: new URL(authority).origin,
      ...more,
    }),
    inputs: (more) => ({ flags: flags(more), env: {} }),
    tokens: (source, more, cache) => {
      const app = { authority, clientId: tenant.client.appId, scopes: tenant.api.scope }
      const { signal } = new AbortController()
      return createTokens({
        ...deps({ signal }),
        settings: settingsFor(
          source.settings,
          vault.inputs({ certificateName: tenant.vaultCertificateName, ...app, ...more }),
        ),
        source,
        http: createHttp({ caPem, proxyEnv: {}, timeoutMs: 10_000, signal, trace: () => {} }),
        cache,
        trust: '',
      })
    },
    access: () => vaultAccess(settingsFor(VAULT_SETTINGS, { flags: flags(), env: {} }), deps()),
    client: async () => {
      const { credential, options } = await vault.access()
      return new Client(vaultUrl, credential, options)
    },
    created: async ({ name = `c-${randomUUID()}`, enabled = true, ...policy } = {}) => {
      const poller = await (await vault.client()).beginCreateCertificate(
        name,
        { issuerName: 'Self', subject: 'CN=made', exportable: false, ...policy },
        { intervalInMs: 20, enabled },
      )
      await poller.pollUntilDone()
      return name
    },
  }
  return vault
}
