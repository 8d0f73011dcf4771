/** `todo-cli doctor` over a tenant and an API in which nothing is wrong, until a test makes it so. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import type { Api } from '../../api/server.ts'
import type { CheckResult } from '../../cli/doctor/check.ts'
import { type Directory, openDirectory } from '../../tenant/directory.ts'
import type { Tenant } from '../../tenant/server.ts'
import type { Store } from '../../tenant/store.ts'
import { type AccessPolicy, policiesIn } from '../../tenant/vault/policy.ts'
import { startTestApi } from './api.ts'
import { writeBadCertificates } from './bad-certificates.ts'
import { runCli, temporaryHome } from './cli.ts'
import { type FalseIssuerOptions, startFalseIssuer } from './false-issuer.ts'
import { withTenant } from './tenant.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export interface Fault {
  readonly fault: string
  readonly flags?: readonly string[]
  /** Makes it, and gives the variables that go with it. */
  readonly change?: () => Variables | Promise<Variables>
  /** The check that must be the first to fail, what it must have seen, and the command that it must name. */
  readonly fails: string
  readonly seen: RegExp
  readonly next: RegExp
}

export interface TestDoctor {
  readonly tenant: Tenant
  readonly directory: Directory
  readonly api: Api
  readonly folder: string
  readonly env: Record<string, string>
  /** A file in the folder of bad certificates. */
  bad(name: string): string
  run(flags?: readonly string[], variables?: Variables): Promise<CheckResult[]>
  /** Fails unless the first failure is what the fault says. */
  expectFault(fault: Fault): Promise<void>
  /** The variables of an issuer that says what it is told. */
  falseIssuer(options: Omit<FalseIssuerOptions, 'tenantId' | 'tls'>): Promise<{ AUTHORITY: string }>
  /** What the operator may do in the vault, from now on. */
  permit(permissions: Partial<AccessPolicy['permissions']>): void
}

export function withDoctor(): () => TestDoctor {
  const { folder, env: home } = temporaryHome()
  let store: Store | undefined
  let doctor: TestDoctor | undefined
  const tenant = withTenant({
    onStore: (opened) => {
      store = opened
    },
  })
  beforeAll(async () => {
    if (store === undefined) throw new Error('the tenant has no store')
    doctor = await prepare(tenant(), store, folder, home)
  }, 60_000)
  return () => {
    if (doctor === undefined) throw new Error('the doctor is there within tests only')
    return doctor
  }
}

async function prepare(
  tenant: Tenant,
  store: Store,
  folder: string,
  home: Record<string, string>,
): Promise<TestDoctor> {
  const { tenantId, authority, caPem, api: app, client, operator } = tenant
  const api = await startTestApi({ tenantId, authority, caPem, clientId: app.appId }, { seedExamples: true })
  await writeBadCertificates(join(folder, 'bad'))
  await writeFile(join(folder, 'ca.pem'), caPem)
  await writeFile(join(folder, 'client.pem'), client.certificatePem, { mode: 0o600 })
  await writeFile(join(folder, 'operator.pem'), operator.certificatePem, { mode: 0o600 })
  const env = {
    ...home,
    AUTHORITY: authority,
    CLIENT_ID: client.appId,
    CLIENT_SECRET: client.secret,
    CERT_PRIVATE_KEY_FILE: join(folder, 'client.pem'),
    SCOPES: app.scope,
    API_ENDPOINT: api.url,
    TODO_CLI_CA_FILE: join(folder, 'ca.pem'),
    TODO_CLI_GRAPH_URL: tenant.graphUrl,
    KEY_VAULT_URL: tenant.vaultUrl,
    CERTIFICATE_NAME: tenant.vaultCertificateName,
    VAULT_CERTIFICATE_FILE: join(folder, 'operator.pem'),
    TODO_CLI_VAULT_AUTH: 'certificate',
    AZURE_AUTHORITY_HOST: new URL(authority).origin,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: operator.appId,
  }
  const directory = openDirectory(store)
  const run = async (flags: readonly string[] = [], variables: Variables = {}) => {
    const { stdout, exitCode } = await runCli(['doctor', '--json', ...flags], {
      env: { ...env, ...variables },
    })
    const results = JSON.parse(stdout) as CheckResult[]
    expect(exitCode).toBe(results.some(({ status }) => status === 'fail') ? 1 : 0)
    return results
  }
  return {
    tenant,
    directory,
    api,
    folder,
    env,
    bad: (name) => join(folder, 'bad', `${name}.pem`),
    run,
    async expectFault({ flags = [], change = () => ({}), fails, seen, next }) {
      const first = (await run(flags, await change())).find(({ status }) => status === 'fail')
      expect(first).toMatchObject({
        check: fails,
        seen: expect.stringMatching(seen) as string,
        next: expect.stringMatching(next) as string,
      })
      // The cause in our words: no library's code, and no stack.
      expect(first?.seen).not.toMatch(/endpoints_resolution_error|network_error|undefined|\n/)
    },
    async falseIssuer(options) {
      const tls = { cert: tenant.tls.certPem, key: tenant.tls.keyPem }
      const { authority: AUTHORITY } = await startFalseIssuer({ tenantId, tls, ...options })
      return { AUTHORITY }
    },
    permit: (permissions) =>
      policiesIn(store).put({
        id: directory.servicePrincipalOf(operator.appId)?.id ?? '',
        permissions: { certificates: [], keys: [], secrets: [], ...permissions },
        roles: [],
      }),
  }
}
