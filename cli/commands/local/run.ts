import { join } from 'node:path'
import { AppError } from '../../../core/errors.ts'
import { replaceFile } from '../../../core/private-file.ts'
import type { Action } from '../../command.ts'
import { forgetRunning, type LocalStatus, lockState, readPorts, writePorts, writeRunning } from './state.ts'

/**
 * `todo-cli local run`: tenant and API in this process, until Ctrl-C or `local stop`. Prints the status, one line of JSON,
 * when both answer: `local start` waits for that line.
 */
export const run: Action = async (context) => {
  const { home, io, out, env } = context
  const stateDir = home.local
  const lock = await lockState(stateDir)
  // Records of tenant and API hold no secret: `local logs` shows them.
  const log = (record: object) => io.stderr.write(`${JSON.stringify(record)}\n`)
  const stopped = Promise.withResolvers<void>()
  const cleanups: (() => Promise<void> | void)[] = [() => lock.release()]
  try {
    const ports = await readPorts(stateDir)
    const [{ startTenant }, { startApi }] = await Promise.all([
      import('../../../tenant/server.ts'),
      import('../../../api/server.ts'),
    ])
    const tenant = await startTenant({
      stateDir,
      ...(ports ? { ports } : {}),
      onStop: () => stopped.resolve(),
    })
    cleanups.push(() => tenant.close())
    const { files } = tenant
    if (files === undefined) throw new AppError('internal', 'the local tenant has no files')
    const api = await startApi({
      tenantId: tenant.tenantId,
      authority: tenant.authority,
      clientId: tenant.api.appId,
      port: ports?.api ?? 0,
      tls: tenant.tls,
      databaseUrl: `sqlite:${join(stateDir, 'todos.sqlite')}`,
      corsOrigins: [],
      allowedClients: [],
      allowedTenants: [],
      caPem: tenant.caPem,
      seedExamples: true,
      log,
    })
    cleanups.push(() => api.close())
    const clientWithoutRoleSecretFile = join(stateDir, 'client-without-role-secret')
    await replaceFile({ path: clientWithoutRoleSecretFile, data: tenant.clientWithoutRole.secret })
    await writePorts(stateDir, { ...tenant.ports, api: api.port })
    const status: LocalStatus = {
      tenantId: tenant.tenantId,
      authority: tenant.authority,
      issuer: tenant.issuer,
      tokenEndpoint: tenant.tokenEndpoint,
      vaultUrl: tenant.vaultUrl,
      graphUrl: tenant.graphUrl,
      apiUrl: api.url,
      apiClientId: tenant.api.appId,
      scope: tenant.api.scope,
      clientId: tenant.client.appId,
      clientSecretFile: files.clientSecret,
      certificateFile: files.clientCertificate,
      caFile: files.ca,
      vaultCertificateFile: files.operatorCertificate,
      vaultClientId: tenant.operator.appId,
      certificateName: tenant.vaultCertificateName,
      clientWithoutRoleId: tenant.clientWithoutRole.appId,
      clientWithoutRoleSecretFile,
      adminUrl: tenant.adminUrl,
      adminTokenFile: files.adminToken,
      proxyUrl: null,
      identityEndpoint: null,
      stateDir,
      pid: context.program.pid,
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
