/**
 * The local tenant: an issuer, a key vault and a Microsoft Graph on loopback that refuse what the cloud refuses.
 *
 * As a library, in a test: `const tenant = await startTenant({ port: 0 })` and later `await tenant.close()`. The package
 * exports it as `todo-cli/tenant`; its types are written out in scripts/tenant.d.cts.
 */
import { AppError } from '../core/errors.ts'
import { createClock } from './clock.ts'
import { openDevCa } from './dev-ca.ts'
import { openDirectory } from './directory.ts'
import { prepareStateDir, type TenantFiles, writeTenantFiles } from './files.ts'
import type { ExchangeRecord } from './http/exchange.ts'
import { openExternalKeys, openKeyRing } from './issuer/keys.ts'
import { createPropagation } from './propagation.ts'
import { newSeedKeys } from './seed/keys.ts'
import { seedTenant, type TenantRecord, tenantIn } from './seed/seed.ts'
import { listenAll, type TenantPorts } from './services.ts'
import { openSettings } from './settings.ts'
import { openStore, type Store } from './store.ts'
import { type User, usersIn } from './users.ts'

export type { ExchangeRecord } from './http/exchange.ts'

export interface TenantOptions {
  /** 0700 folder for the state. Without it all is in memory. */
  readonly stateDir?: string
  /** The issuer's port. 0 or absent: any free one. */
  readonly port?: number
  /** The ports of the services, where they have to be fixed; 0 or absent: any free one. */
  readonly ports?: Partial<TenantPorts>
  /** Start the proxy that leads the cloud's host names here. */
  readonly cloudNames?: boolean
  /** The tenant's source of time. */
  readonly now?: () => Date
  /** Each exchange, with the reason of a refusal, without secrets. */
  readonly onLog?: (record: ExchangeRecord) => void
  /** The admin interface asked for a stop. */
  readonly onStop?: () => void
  /** Handed the state when it is open, for a test that needs one which no client can make: access policies, for instance. */
  readonly onStore?: (store: Store) => void
}

export interface Tenant {
  readonly tenantId: string
  /** `https://localhost:PORT/<tenant id>` */
  readonly authority: string
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly vaultUrl: string
  /** Ends in `/v1.0`. */
  readonly graphUrl: string
  readonly adminUrl: string
  readonly ports: TenantPorts
  /** `http://localhost:PORT`, for HTTPS_PROXY; with `cloudNames` only. */
  readonly proxyUrl: string | undefined
  /** What the tenant is called in the cloud: reached through the proxy. */
  readonly cloud: CloudNames
  /** The managed identity endpoint in its App Service shape: IDENTITY_ENDPOINT, and the secret IDENTITY_HEADER. */
  readonly identityEndpoint: string
  readonly identityHeader: string
  /** The development CA's certificate: what clients trust. */
  readonly caPem: string
  /** A certificate for localhost, 127.0.0.1 and ::1, and its key: the API serves with it, too. */
  readonly tls: { readonly certPem: string; readonly keyPem: string }
  readonly api: { readonly appId: string; readonly scope: string; readonly identifierUri: string }
  /** The daemon: a secret, a certificate file, and a vault certificate are registered with it; it has both app roles. */
  readonly client: {
    readonly appId: string
    /** Of the service principal: the claims `oid` and `sub` of its tokens. */
    readonly objectId: string
    readonly secret: string
    readonly certificatePem: string
  }
  readonly clientWithoutRole: { readonly appId: string; readonly secret: string }
  /** An identity of its own: opens the vault, and may manage apps in Graph. */
  readonly operator: { readonly appId: string; readonly certificatePem: string }
  /** A public client, for users who sign in by device code; and the users. */
  readonly publicClient: { readonly appId: string }
  readonly users: readonly User[]
  /** A non-exportable certificate in the vault, registered with the client. */
  readonly vaultCertificateName: string
  readonly adminToken: string
  readonly files: TenantFiles | undefined
  /** Stops it; a second call waits for the first. */
  close(): Promise<void>
}

/**
 * Starts a tenant, or starts the one in `stateDir` again: same ids, keys and secrets.
 *
 * @throws AppError `setting-invalid`, `local-state-invalid`, `local-state-in-use`, `local-port-in-use`, `local-start-failed`,
 * `output-unwritable`
 */
export async function startTenant(options: TenantOptions = {}): Promise<Tenant> {
  const { stateDir, port = 0, onLog = () => {}, onStop = () => {} } = options
  const wanted = { issuer: port, ...options.ports }
  assertOptions(stateDir, wanted)
  const clock = createClock(options.now)
  const database = stateDir === undefined ? undefined : await prepareStateDir(stateDir)
  const store = openStore(database)
  try {
    const known = tenantIn(store).get('tenant')
    // Keys are made on other threads while this one loads node-forge.
    const [seedKeys, { buildCertificate: build }, { buildCertificateRequest: buildRequest }] =
      await Promise.all([
        known ? undefined : newSeedKeys(),
        import('../core/forge/x509.ts'),
        import('../core/forge/pkcs10.ts'),
      ])
    const record =
      known ?? seedTenant(seedKeys ?? (await newSeedKeys()), { store, clock, build, buildRequest })
    options.onStore?.(store)
    const ca = openDevCa(build, record.ca)
    const keys = openKeyRing(store, clock, build)
    const externalKeys = openExternalKeys(store, clock, build)
    const settings = openSettings(store, clock)
    const directory = createPropagation(openDirectory(store), settings, clock)
    const files = stateDir === undefined ? undefined : await writeTenantFiles(stateDir, record)
    const services = {
      ...{ store, directory, keys, externalKeys, settings, clock, record, build, buildRequest, onStop },
    }
    const { ports, close } = await listenAll(services, {
      ports: wanted,
      cloudNames: options.cloudNames ?? false,
      tls: ca,
      clock,
      onLog,
    })
    let closing: Promise<void> | undefined
    return {
      ...describe(record, store, ports),
      caPem: ca.caPem,
      tls: { certPem: ca.certPem, keyPem: ca.keyPem },
      files,
      close: () => {
        closing ??= close().then(() => store.close())
        return closing
      },
    }
  } catch (error) {
    store.close()
    throw error
  }
}

/** Callers without types can write anything. */
function assertOptions(stateDir: unknown, ports: Readonly<Record<string, unknown>>): void {
  const isPort = (port: unknown) =>
    typeof port === 'number' && Number.isInteger(port) && port >= 0 && port < 65_536
  for (const [name, port] of Object.entries(ports)) {
    if (port === undefined || isPort(port)) continue
    throw new AppError(
      'setting-invalid',
      `the port of the local tenant's ${name} can not be ${JSON.stringify(port)}`,
      {
        hint: 'give a whole number from 1 to 65535, or 0 for any free port',
      },
    )
  }
  if (stateDir === undefined || (typeof stateDir === 'string' && stateDir !== '')) return
  throw new AppError('setting-invalid', "the local tenant's state folder has no name", {
    hint: 'name a folder of its own, or leave it out to keep all in memory',
  })
}

function describe(record: TenantRecord, store: Store, ports: TenantPorts) {
  const {
    tenantId,
    apiAppId,
    client,
    clientWithoutRole,
    operator,
    publicClient,
    vaultCertificateName,
    adminToken,
  } = record
  const authority = `https://localhost:${ports.issuer}/${tenantId}`
  const identifierUri = `api://${apiAppId}`
  return {
    tenantId,
    authority,
    issuer: `${authority}/v2.0`,
    tokenEndpoint: `${authority}/oauth2/v2.0/token`,
    vaultUrl: `https://localhost:${ports.vault}`,
    graphUrl: `https://localhost:${ports.graph}/v1.0`,
    adminUrl: `https://localhost:${ports.admin}`,
    ports,
    api: { appId: apiAppId, scope: `${identifierUri}/.default`, identifierUri },
    client: { ...client, objectId: openDirectory(store).servicePrincipalOf(client.appId)?.id ?? '' },
    clientWithoutRole,
    operator,
    publicClient,
    users: usersIn(store).all(),
    vaultCertificateName,
    adminToken,
    proxyUrl: ports.proxy === undefined ? undefined : `http://localhost:${ports.proxy}`,
    cloud: cloudNames(record),
    identityEndpoint: `http://localhost:${ports.pages}/msi/token`,
    identityHeader: record.managedIdentity.header,
  }
}

/** The addresses that a production configuration has. */
export interface CloudNames {
  readonly authority: string
  /** External ID, by the tenant's subdomain. */
  readonly ciamAuthority: string
  readonly vaultUrl: string
  readonly graphUrl: string
}

function cloudNames({ tenantId, initialDomain, vaultName }: TenantRecord): CloudNames {
  return {
    authority: `https://login.microsoftonline.com/${tenantId}`,
    ciamAuthority: `https://${initialDomain.split('.')[0]}.ciamlogin.com/`,
    vaultUrl: `https://${vaultName}.vault.azure.net`,
    graphUrl: 'https://graph.microsoft.com/v1.0',
  }
}
