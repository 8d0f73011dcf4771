import { randomUUID } from 'node:crypto'
import type { buildCertificateRequest } from '../core/forge/pkcs10.ts'
import type { buildCertificate } from '../core/forge/x509.ts'
import { createFaults } from './admin/faults.ts'
import { createLog } from './admin/log.ts'
import { adminService } from './admin/service.ts'
import type { Clock } from './clock.ts'
import { startCloudProxy } from './cloud-proxy.ts'
import { graphService } from './graph/service.ts'
import type { ServiceName } from './http/exchange.ts'
import { type ListenOptions, listen, type Service } from './http/listen.ts'
import type { Listening } from './http/listening.ts'
import { createDeviceRequests } from './issuer/device-requests.ts'
import type { ExternalKeys, KeyRing } from './issuer/keys.ts'
import type { StoredRefreshToken } from './issuer/refresh-tokens.ts'
import { createReplayGuard } from './issuer/replays.ts'
import { issuerService } from './issuer/service.ts'
import { createFormTokens } from './pages/form-tokens.ts'
import { pagesService } from './pages/service.ts'
import type { Propagation } from './propagation.ts'
import type { TenantRecord } from './seed/seed.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'
import { usersIn } from './users.ts'
import { vaultService } from './vault/service.ts'
import { openVault } from './vault/vaults.ts'

export interface ServicesDeps {
  readonly store: Store
  readonly directory: Propagation
  readonly keys: KeyRing
  readonly externalKeys: ExternalKeys
  readonly settings: Settings
  readonly clock: Clock
  readonly record: TenantRecord
  readonly build: typeof buildCertificate
  readonly buildRequest: typeof buildCertificateRequest
  readonly onStop: () => void
}

export interface ListenAllOptions extends Omit<ListenOptions, 'port' | 'takeFault'> {
  readonly ports: Partial<TenantPorts>
  /** Lead the cloud's host names here, by a proxy. */
  readonly cloudNames: boolean
}

/** Where each service listens; the proxy only where it was asked for. */
export type TenantPorts = Readonly<Record<ServiceName, number>> & { readonly proxy?: number }

export interface AllListening {
  readonly ports: TenantPorts
  close(): Promise<void>
}

/** Starts the four services; when one can't start, those before it stop again. */
export async function listenAll(
  deps: ServicesDeps,
  { ports, onLog, ...options }: ListenAllOptions,
): Promise<AllListening> {
  const { store, directory, keys, externalKeys, settings, clock, record, build, buildRequest, onStop } = deps
  const { tenantId, vaultName } = record
  const started: Listening[] = []
  const faults = createFaults()
  const log = createLog()
  const shared: Omit<ListenOptions, 'port'> = {
    ...options,
    takeFault: faults.take,
    onLog: (line) => {
      log.add(line)
      onLog(line)
    },
  }
  const named = Object.values(ports)
  const startAt = async (wanted: number | undefined, listenOn: ListenOn) => {
    const listening = await listenBeside(named, wanted ?? 0, listenOn)
    started.push(listening)
    return listening.port
  }
  const start = (service: Service) =>
    startAt(ports[service.name], (port) => listen(service, { ...shared, port }))
  const onConnect = (target: string, led: boolean) =>
    shared.onLog({
      time: clock.now().toISOString(),
      service: 'proxy',
      id: randomUUID(),
      method: 'CONNECT',
      host: target,
      path: '',
      status: led ? 200 : 403,
      milliseconds: 0,
      ...(led ? {} : { reason: 'not a host name of the cloud that the tenant stands in for' }),
    })
  const close = async () => {
    await Promise.all(started.map((listening) => listening.close()))
  }
  try {
    let origin = ''
    let devicePage = ''
    const users = usersIn(store)
    const deviceRequests = createDeviceRequests(clock)
    const issuer = await start(
      issuerService({
        directory: directory.issuer,
        keys,
        externalKeys,
        clock,
        settings,
        replays: createReplayGuard(),
        names: record,
        tenantName: tenantId,
        users,
        refreshTokens: store.collection<StoredRefreshToken>('refreshToken'),
        deviceRequests,
        caPem: record.ca.caPem,
        devicePage: () => devicePage,
        origin: () => origin,
      }),
    )
    origin = `https://localhost:${issuer}`
    const vault = await start(
      vaultService({
        store,
        keys,
        settings,
        clock,
        tenantId,
        vaultName,
        build,
        buildRequest,
        issuerOrigin: () => origin,
      }),
    )
    const graph = await start(
      graphService({
        directory: directory.graph,
        lagging: directory.issuer,
        settings,
        store,
        keys,
        clock,
        names: record,
      }),
    )
    const admin = await start(
      adminService({
        token: record.adminToken,
        tenantId,
        startedAt: clock.now(),
        clock,
        keys,
        externalKeys,
        settings,
        faults,
        log,
        policies: (vault) => openVault(store, vaultName, vault ?? vaultName).policies,
        onStop,
      }),
    )
    const { managedIdentity } = record
    const pages = await start(
      pagesService({
        directory: directory.issuer,
        users,
        deviceRequests,
        formTokens: createFormTokens(),
        keys,
        clock,
        tenantId,
        ...managedIdentity,
      }),
    )
    devicePage = `http://localhost:${pages}/device`
    const localPorts = { issuer, vault, graph, admin, pages }
    if (!options.cloudNames) return { ports: localPorts, close }
    const proxy = await startAt(ports.proxy, (port) =>
      startCloudProxy({ port, ports: localPorts, onConnect }),
    )
    return { ports: { ...localPorts, proxy }, close }
  } catch (error) {
    await close()
    throw error
  }
}

type ListenOn = (port: number) => Promise<Listening>

/** Where any free port will do, it is none of those that are named: another service is to have it. */
async function listenBeside(
  named: readonly number[],
  wanted: number,
  listenOn: ListenOn,
): Promise<Listening> {
  const listening = await listenOn(wanted)
  if (wanted !== 0 || !named.includes(listening.port)) return listening
  try {
    return await listenBeside(named, wanted, listenOn)
  } finally {
    await listening.close()
  }
}
