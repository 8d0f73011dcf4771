import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { AppError, systemCode } from '../core/errors.ts'
import { createApp } from './app.ts'
import { createGuard, type GuardOptions } from './auth/authenticate.ts'
import { createFetchJson } from './auth/fetch-json.ts'
import { type ApiConfig, exposureMistakes } from './config.ts'
import { describeError, type Log, timed } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { answerWhatIsNotHttp } from './not-http.ts'
import { openStore } from './store/open.ts'
import { TODOS_PATH } from './todo-resource.ts'

export interface Api {
  /** Where the todos are: `https://localhost:<port>/api/todolist`. */
  readonly url: string
  readonly port: number
  /** Ends requests that are under way, then the store. At most 10 s. */
  close(): Promise<void>
}

/** How long requests under way may take to end. */
const STOP_MS = 10_000

/**
 * Opens the store, starts to listen, fetches the issuer's keys in the background.
 *
 * @throws AppError `local-port-in-use`, `store-failed`, `server-config-invalid`
 */
export async function startApi(config: ApiConfig): Promise<Api> {
  const mistakes = exposureMistakes(config)
  if (mistakes.length > 0) throw new AppError('server-config-invalid', mistakes.join('; '))
  const log = timed(config.log)
  const metrics = createMetrics()
  const store = await openStore(config.databaseUrl)
  const guard = createGuard(guardOptions(config, log, metrics))
  let closing: Promise<void> | undefined
  const stopping = () => closing !== undefined
  const server = createServer(config, createApp({ config, guard, store, log, metrics, stopping }))
  try {
    await listen(server, config)
  } catch (error) {
    await store.close()
    throw error
  }
  // Out of file descriptors, for instance: the connections that there are go on.
  server.on('error', (error) => log({ level: 'error', event: 'not-accepted', error: describeError(error) }))
  void guard.warmUp()
  const { port } = server.address() as AddressInfo
  const url = `${config.tls === undefined ? 'http' : 'https'}://localhost:${port}${TODOS_PATH}`
  log({ level: 'info', event: 'started', url })
  return {
    url,
    port,
    close: () => {
      closing ??= stop(server).then(async () => {
        await store.close()
        log({ level: 'info', event: 'stopped' })
      })
      return closing
    },
  }
}

function guardOptions(config: ApiConfig, log: Log, metrics: Metrics): GuardOptions {
  return {
    authority: config.authority,
    tenantId: config.tenantId,
    audience: [config.clientId, `api://${config.clientId}`],
    allowedClients: config.allowedClients,
    allowedTenants: config.allowedTenants,
    v1Issuer: config.acceptV1Tokens ? (tenantId) => `https://sts.windows.net/${tenantId}/` : undefined,
    keepKeysForMs: config.keepKeysForMs,
    fetchJson: createFetchJson({ caPem: config.caPem, proxy: config.proxy }),
    onEvent: (event) => {
      if (event.kind === 'cache') return metrics.cacheLookup(event.hit)
      metrics.keyFetch(event.outcome)
      if (event.outcome === 'ok') return
      log({ level: 'warn', event: 'issuer-unavailable', error: describeError(event.error) })
    },
  }
}

function createServer({ tls }: ApiConfig, app: ReturnType<typeof createApp>): Server {
  const limits = {
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 5000,
    keepAliveTimeout: 65_000,
    requireHostHeader: false,
  }
  let server: Server
  try {
    server =
      tls === undefined
        ? createHttpServer(limits, app)
        : createHttpsServer({ ...limits, cert: tls.certPem, key: tls.keyPem, minVersion: 'TLSv1.2' }, app)
  } catch (cause) {
    throw new AppError('server-config-invalid', 'the TLS certificate and key can not be used together', {
      cause,
    })
  }
  answerWhatIsNotHttp(server)
  // With a listener Node leaves it to the app, which refuses it.
  server.on('checkExpectation', app)
  return server
}

function listen(server: Server, { port, host = '127.0.0.1' }: ApiConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(toAppError(error, port)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function toAppError(error: unknown, port: number): AppError {
  const code = systemCode(error)
  if (code === 'EADDRINUSE') {
    return new AppError('local-port-in-use', `port ${port} is taken`, {
      hint: 'stop what listens there, or choose another port: TODO_API_PORT',
      cause: error,
    })
  }
  return new AppError(
    'server-config-invalid',
    `can not listen on port ${port}: ${code ?? 'unknown reason'}`,
    {
      hint: 'set TODO_API_HOST and TODO_API_PORT to an address of this machine',
      cause: error,
    },
  )
}

/**
 * Takes no more connections, lets requests under way end, and cuts what is left after {@link STOP_MS}. A kept-alive
 * connection becomes idle only when its request has ended, so idle ones are closed again and again.
 */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    const deadline = setTimeout(() => server.closeAllConnections(), STOP_MS)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(deadline)
      resolve()
    })
    server.closeIdleConnections()
  })
}
