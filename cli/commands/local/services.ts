/** The tenant and the API of `local run`, in one process. */
import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import type { LocalPorts } from './ports.ts'

export type LocalTenant = Awaited<ReturnType<typeof import('../../../tenant/server.ts')['startTenant']>>

export interface ServiceOptions {
  readonly stateDir: string
  readonly cloudNames: boolean
  readonly log: (record: object) => void
  /** The admin interface asked for a stop. */
  readonly onStop: () => void
}

export interface Services {
  readonly tenant: LocalTenant
  readonly apiUrl: string
  readonly addresses: ReturnType<typeof addressesOf>
  readonly ports: LocalPorts
  close(): Promise<void>
}

/** @throws AppError as `startTenant` and `startApi` do: nothing listens then */
export async function startServices(options: ServiceOptions, ports: LocalPorts): Promise<Services> {
  const { stateDir, cloudNames, log, onStop } = options
  const [{ startTenant }, { startApi }] = await Promise.all([
    import('../../../tenant/server.ts'),
    import('../../../api/server.ts'),
  ])
  const tenant = await startTenant({ stateDir, cloudNames, ports, onLog: log, onStop })
  const addresses = addressesOf(tenant, cloudNames)
  try {
    const api = await startApi({
      tenantId: tenant.tenantId,
      authority: addresses.authority,
      clientId: tenant.api.appId,
      port: ports.api,
      tls: tenant.tls,
      databaseUrl: `sqlite:${join(stateDir, 'todos.sqlite')}`,
      corsOrigins: [],
      allowedClients: [],
      allowedTenants: [],
      caPem: tenant.caPem,
      ...(addresses.proxyUrl === null ? {} : { proxy: { HTTPS_PROXY: addresses.proxyUrl } }),
      seedExamples: true,
      log,
    })
    return {
      ...{ tenant, addresses, apiUrl: api.url },
      ports: { ...ports, ...tenant.ports, api: api.port },
      close: async () => {
        await api.close()
        await tenant.close()
      },
    }
  } catch (error) {
    await tenant.close()
    throw inTheTenant(error, ports.api)
  }
}

/** The API tells of the setting of its own program, which nobody reads here. */
function inTheTenant(error: unknown, port: number): unknown {
  if (!(error instanceof AppError) || error.code !== 'local-port-in-use') return error
  return new AppError('local-port-in-use', `port ${port}, for the local tenant's todo API, is in use`, {
    hint: 'stop what uses it, or forget the ports: todo-cli local reset',
    cause: error,
  })
}

/** By loopback addresses, or by the names that a production configuration has, reached through the proxy. */
function addressesOf(tenant: LocalTenant, cloudNames: boolean) {
  const { authority, vaultUrl, graphUrl } = cloudNames ? tenant.cloud : tenant
  return {
    authority,
    issuer: `${authority}/v2.0`,
    tokenEndpoint: `${authority}/oauth2/v2.0/token`,
    vaultUrl,
    graphUrl,
    proxyUrl: tenant.proxyUrl ?? null,
  }
}
