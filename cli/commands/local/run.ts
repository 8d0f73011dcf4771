import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { boundedLog } from './log.ts'
import { forgetRunning, type LocalStatus, lockState, readPorts, writePorts, writeRunning } from './state.ts'

type Tenant = Awaited<ReturnType<typeof import('../../../tenant/server.ts')['startTenant']>>

/**
 * `todo-cli local run`: tenant and API in this process, until Ctrl-C or `local stop`. Prints the status, one line of JSON,
 * when both answer: `local start` waits for that line.
 */
export const run: Action = async (context, _args, flags) => {
  const { home, io, out, env, program } = context
  const stateDir = home.local
  const cloudNames = flags.cloudNames === true
  const lock = await lockState(stateDir)
  // Records of tenant and API hold no secret: `local logs` shows them.
  const log =
    env.TODO_CLI_BACKGROUND === '1'
      ? boundedLog(io.stderr, stateDir)
      : (record: object) => io.stderr.write(`${JSON.stringify(record)}\n`)
  const stopped = Promise.withResolvers<void>()
  // Who waits for the lock, waits for the last write: `local stop` and what then removes the folder, for instance.
  const release = () => {
    flushCompileCache()
    lock.release()
  }
  const cleanups: (() => Promise<void> | void)[] = [release]
  try {
    const ports = await readPorts(stateDir)
    const [{ startTenant }, { startApi }] = await Promise.all([
      import('../../../tenant/server.ts'),
      import('../../../api/server.ts'),
    ])
    const tenant = await startTenant({
      stateDir,
      cloudNames,
      ...(ports ? { ports } : {}),
      onLog: log,
      onStop: () => stopped.resolve(),
    })
    cleanups.push(() => tenant.close())
    const addresses = addressesOf(tenant, cloudNames)
    const api = await startApi({
      tenantId: tenant.tenantId,
      authority: addresses.authority,
      clientId: tenant.api.appId,
      port: ports?.api ?? 0,
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
    cleanups.push(() => api.close())
    await writePorts(stateDir, { ...ports, ...tenant.ports, api: api.port })
    const status: LocalStatus = {
      tenantId: tenant.tenantId,
      ...addresses,
      apiUrl: api.url,
      ...(await identitiesOf(tenant, stateDir)),
      adminUrl: tenant.adminUrl,
      identityEndpoint: tenant.identityEndpoint,
      stateDir,
      pid: program.pid,
    }
    await writeRunning(status)
    cleanups.push(() => forgetRunning(stateDir))
    io.stdout.write(`${JSON.stringify(status)}\n`)
    if (env.TODO_CLI_BACKGROUND !== '1') out.note('running; Ctrl-C stops it')
    io.signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    if (io.signal.aborted) stopped.resolve()
    await stopped.promise
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
  return undefined
}

/** By loopback addresses, or by the names that a production configuration has, reached through the proxy. */
function addressesOf(tenant: Tenant, cloudNames: boolean) {
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

/** The apps by their ids, and the 0600 files that hold their secrets. */
async function identitiesOf({ files, api, client, clientWithoutRole, ...tenant }: Tenant, stateDir: string) {
  if (files === undefined) throw new AppError('internal', 'the local tenant has no files')
  const clientWithoutRoleSecretFile = join(stateDir, 'client-without-role-secret')
  const identityHeaderFile = join(stateDir, 'identity-header')
  await replaceFile({ path: clientWithoutRoleSecretFile, data: clientWithoutRole.secret })
  await replaceFile({ path: identityHeaderFile, data: tenant.identityHeader })
  return {
    apiClientId: api.appId,
    scope: api.scope,
    clientId: client.appId,
    clientSecretFile: files.clientSecret,
    certificateFile: files.clientCertificate,
    caFile: files.ca,
    vaultCertificateFile: files.operatorCertificate,
    vaultClientId: tenant.operator.appId,
    certificateName: tenant.vaultCertificateName,
    clientWithoutRoleId: clientWithoutRole.appId,
    clientWithoutRoleSecretFile,
    publicClientId: tenant.publicClient.appId,
    adminTokenFile: files.adminToken,
    identityHeaderFile,
  }
}
